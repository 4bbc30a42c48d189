/**
 * Does the work when it is first asked for, once for all who ask at the same time; after it failed, again at the next asking, until it is done.
 */
export function onceDone(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    if (done === undefined) {
      const doing = work();
      done = doing;
      doing.catch(() => (done = undefined));
    }
    return done;
  };
}
