import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { isCompiled, toolsOf, type Manifest, type Project } from './projects.ts';

/** What a file of a project must hold, and what is wrong with it unless it does. */
export interface Wanted {
  /** From the repository's root. */
  readonly file: string;
  readonly content: unknown;
}

const SCOPE = '@margay/';
const TARGETS: readonly string[] = ['build', 'lint', 'types', 'test'];
const LAYERS: readonly string[] = ['layer:pure', 'layer:edge', 'layer:service', 'layer:test'];

/**
 * The files that follow from what the projects import: each project's `package.json` with the root's version, its dependencies and
 * targets, its `tsconfig.json` with its references, and the lists of all projects in the root.
 *
 * @throws Error where a decision is missing that only a person can make: a package's version, a layer.
 */
export function describe(root: string, projects: readonly Project[]): Wanted[] {
  const own = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest).version;
  const versions = versionsOf(projects);
  const tools = toolsOf(root);
  const places = new Map(projects.map(({ manifest, path }) => [manifest.name, path]));
  const version = (project: Project, name: string): string => {
    if (name.startsWith(SCOPE) && !places.has(name))
      throw new Error(`${project.path} imports ${name}, which is no project of the workspace`);
    const known = name.startsWith(SCOPE) ? own : versions.get(name);
    if (known !== undefined) return known;
    throw new Error(
      `${project.path} imports ${name}, and no project says its version: npm install --save-exact ${name} -w ${project.manifest.name}`,
    );
  };

  return [
    ...projects.flatMap((project) => {
      const { path, manifest } = project;
      if (!manifest.nx?.tags?.some((tag) => LAYERS.includes(tag)))
        throw new Error(
          `${path}/package.json says no layer: add "nx": { "tags": ["layer:pure"] }, or edge, or service`,
        );
      const add = (had: Manifest['dependencies'], names: ReadonlySet<string>) =>
        sorted({
          ...had,
          ...Object.fromEntries(
            [...names, ...Object.keys(had ?? {}).filter((name) => name.startsWith(SCOPE))]
              .filter((name) => !tools.has(name))
              .map((name) => [name, version(project, name)]),
          ),
        });
      const dependencies = add(manifest.dependencies, project.imported);
      const devDependencies = Object.fromEntries(
        Object.entries(add(manifest.devDependencies, project.importedByTests)).filter(
          ([name]) => !(name in dependencies),
        ),
      );
      const references = Object.keys({ ...dependencies, ...devDependencies })
        .filter((name) => isCompiled(places.get(name) ?? ''))
        .map((name) => ({ path: posix.relative(path, places.get(name)!) }));
      const { nx, ...rest } = manifest;
      return [
        {
          file: `${path}/package.json`,
          content: {
            ...rest,
            version: own,
            ...(isCompiled(path) && { exports: { ...(manifest.exports as object), ...doorOf(path) } }),
            scripts: { ...ownScripts(manifest.scripts), ...targetsOf(project) },
            ...(Object.keys(dependencies).length > 0 ? { dependencies } : { dependencies: undefined }),
            ...(Object.keys(devDependencies).length > 0
              ? { devDependencies }
              : { devDependencies: undefined }),
            nx,
          },
        },
        tsconfig(
          root,
          `${path}/tsconfig.json`,
          { extends: '../../tsconfig.base.json', include: ['src'] },
          references,
        ),
        ...(isCompiled(path)
          ? [
              tsconfig(root, `${path}/tsconfig.test.json`, { extends: '../../tsconfig.test-base.json' }, [
                { path: '.' },
                ...references,
              ]),
            ]
          : []),
      ];
    }),
    tsconfig(
      root,
      'tsconfig.build.json',
      { files: [] },
      projects.filter(({ path }) => isCompiled(path)).map(({ path }) => ({ path })),
    ),
    tsconfig(root, 'tsconfig.json', { files: [] }, [
      ...projects.map(({ path }) => ({ path: isCompiled(path) ? `${path}/tsconfig.test.json` : path })),
      { path: 'tsconfig.root.json' },
    ]),
  ];
}

/** What outsiders import: the sources where the condition says so, else what is compiled. The dashboard is for browsers only. */
const doorOf = (path: string) =>
  path === 'services/dashboard'
    ? { './package.json': './package.json' }
    : {
        '.': {
          '@margay/source': './src/index.ts',
          types: './dist/index.d.ts',
          default: './dist/index.js',
        },
      };

/** The targets of every project, by which the workspace tool runs and caches it. */
function targetsOf({ path, tested }: Project): Record<string, string> {
  const up = posix.relative(path, '.');
  return {
    ...(isCompiled(path) && { build: 'tsc -b' }),
    lint: `oxlint --config ${up}/.oxlintrc.json --type-aware --deny-warnings`,
    types: isCompiled(path) ? 'tsc -b tsconfig.test.json' : 'tsc -b',
    ...(tested && { test: `vitest run --root ${up} --dir .` }),
  };
}

/** Those that no target of the same name replaces. */
const ownScripts = (scripts: Manifest['scripts'] = {}) =>
  Object.fromEntries(Object.entries(scripts).filter(([name]) => !TARGETS.includes(name)));

/** A file as it is but for its references. */
function tsconfig(
  root: string,
  file: string,
  unless: object,
  references: readonly { path: string }[],
): Wanted {
  const path = join(root, file);
  const had = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as object) : unless;
  return { file, content: { ...had, references: references.length > 0 ? references : undefined } };
}

/** The one version of each package. */
function versionsOf(projects: readonly Project[]): Map<string, string> {
  const versions = new Map<string, string>();
  for (const { path, manifest } of projects)
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const other = versions.get(name) ?? version;
      if (other !== version)
        throw new Error(
          `${path}/package.json has ${name} ${version}, and another project ${other}: one version for all`,
        );
      versions.set(name, version);
    }
  return versions;
}

const sorted = (entries: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
