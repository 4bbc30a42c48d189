import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** A project of the workspace, as its folder says. */
export interface Project {
  /** From the repository's root: `libs/policy`. */
  readonly path: string;
  readonly manifest: Manifest;
  /** The packages that its sources import. */
  readonly imported: ReadonlySet<string>;
  /** Those that only its tests, and what they use, import. */
  readonly importedByTests: ReadonlySet<string>;
  /** It has tests that need no server. */
  readonly tested: boolean;
}

export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly exports?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly nx?: { readonly tags?: readonly string[] };
}

/** What lies beside the sources of a library or a service, and is no part of what it does. */
const TEST = /\.(test|contract)\.ts$|\/testing\/|\/write-[^/]*\.ts$/;
/** `selector.test.ts`, and not `bus.kafka.test.ts`. */
const FAST_TEST = /\/[^/.]+\.test\.ts$/;
const NO_SOURCE = new Set(['node_modules', 'dist', '.tsc', 'testdata', 'fences']);

/** The packages of the root, which every project may use: tools, and what tests are written with. */
export const toolsOf = (root: string): ReadonlySet<string> =>
  new Set(Object.keys(manifestOf(root).devDependencies ?? {}));

/** Compiled from its sources; the others are tests and tools, which have nothing to compile. */
export const isCompiled = (path: string): boolean => /^(libs|services)\//.test(path);

/** Every project, libraries first. */
export function readProjects(root: string): Project[] {
  const paths = ['libs', 'services'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .sort()
      .map((name) => `${folder}/${name}`),
  );
  return [...paths, 'test', 'bench', 'examples'].map((path) => readProject(root, path));
}

function readProject(root: string, path: string): Project {
  const manifest = manifestOf(join(root, path));
  const imported = new Set<string>();
  const importedByTests = new Set<string>();
  const sources = sourcesIn(join(root, path));
  for (const file of sources) {
    const found = isCompiled(path) && TEST.test(file) ? importedByTests : imported;
    for (const { fileName } of ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles) {
      const name = packageOf(fileName);
      if (name !== undefined && name !== manifest.name) found.add(name);
    }
  }
  for (const name of imported) importedByTests.delete(name);
  const tested = sources.some((file) => FAST_TEST.test(file));
  return { path, manifest, imported, importedByTests, tested };
}

/** A library's or a service's manifest must be there; where it is not, the error says so. */
function manifestOf(folder: string): Manifest {
  const file = join(folder, 'package.json');
  if (!existsSync(file))
    throw new Error(`${folder} has no package.json: CONTRIBUTING.md, "A new project", says what it holds`);
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
}

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NO_SOURCE.has(entry.name) ? [] : sourcesIn(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

/** `@scope/name` or `name` of an import; undefined for files and for what Node brings. */
function packageOf(specifier: string): string | undefined {
  if (/^(\.|node:|data:)/.test(specifier)) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
