import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way of bytes to a server that can be cut, as by a firewall that resets connections, or hang, as by one that forgets them. */
export interface CuttableProxy {
  readonly port: number;
  /** All connections end, and new ones do too. */
  cut(): void;
  /** Nothing comes through any more in either direction, and nobody is told. */
  hang(): void;
  /** All goes on, what hung too. */
  mend(): void;
  close(): void;
}

/** On a free port. */
export async function cuttableProxy(host: string, port: number): Promise<CuttableProxy> {
  let state: 'well' | 'cut' | 'hung' = 'well';
  const sockets = new Set<Socket>();
  const note = (socket: Socket, other: Socket) => {
    sockets.add(socket);
    socket.on('data', (bytes) => void other.write(bytes));
    socket.on('end', () => other.end());
    socket.on('error', () => other.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
    if (state === 'hung') socket.pause();
  };
  const server = createServer((near) => {
    if (state === 'cut') return void near.destroy();
    const far = connect(port, host);
    note(near, far);
    note(far, near);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const cut = () => {
    state = 'cut';
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    hang() {
      state = 'hung';
      for (const socket of sockets) socket.pause();
    },
    mend() {
      state = 'well';
      for (const socket of sockets) socket.resume();
    },
    close() {
      cut();
      server.close();
    },
  };
}
