import type { Command } from 'commander';

/** A command, as the help shows it; what it does is loaded when it is asked for, so that the help of all comes at once. */
interface CommandRow {
  /** Its name, whether it has options, and its arguments. */
  readonly use: string;
  readonly about: string;
  readonly load: () => Promise<() => Command>;
}

/** Every command, in the order of the help. A new command is one row here. */
export const COMMANDS: readonly CommandRow[] = [
  {
    use: 'up [options]',
    about: 'Run everything in one process: read logs, keep the history, compute and serve reports.',
    load: async () => (await import('./commands/up.ts')).upCommand,
  },
  {
    use: 'report [options]',
    about: 'Compute one report from audit logs.',
    load: async () => (await import('./commands/report.ts')).reportCommand,
  },
  {
    use: 'state [options]',
    about: 'Print the cluster as it was at one instant.',
    load: async () => (await import('./commands/state.ts')).stateCommand,
  },
  {
    use: 'explain [options] <endpoint>',
    about: 'Explain which policies applied to an endpoint at one instant, and what made each flag true.',
    load: async () => (await import('./commands/explain.ts')).explainCommand,
  },
  {
    use: 'selector [options] [selector]',
    about: 'Check selectors of policies: one for people, or JSON lines for programs.',
    load: async () => (await import('./commands/selector.ts')).selectorCommand,
  },
  {
    use: 'verify [options] [file...]',
    about:
      'Check offline that a report, a PDF’s checkpoint or a whole archive is what was computed, and who says so.',
    load: async () => (await import('./commands/archive.ts')).verifyWithArchives,
  },
  {
    use: 'archive',
    about: 'Look at everything in the archive of an installation, and say what is not what was archived.',
    load: async () => (await import('./commands/archive.ts')).archiveCommand,
  },
  {
    use: 'key [options] <file>',
    about: 'Make the key that the log of reports is signed with, and print the one that checks it.',
    load: async () => (await import('./commands/key.ts')).keyCommand,
  },
  {
    use: 'witness',
    about: 'See that logs of reports only grow, and cosign them; or have witnesses do so.',
    load: async () => (await import('./commands/witness.ts')).witnessCommand,
  },
  {
    use: 'run [options] <name>',
    about: 'Ask a running Margay for one run of a report, or for a revision of one.',
    load: async () => (await import('./commands/run.ts')).runCommand,
  },
  {
    use: 'runs [options] [name]',
    about: 'List runs of reports of a running Margay, with what came later and what supersedes them.',
    load: async () => (await import('./commands/runs.ts')).runsCommand,
  },
  {
    use: 'reports [options]',
    about: 'List the GlobalReports of a running Margay: what is due next, and what came last.',
    load: async () => (await import('./commands/reports.ts')).reportsCommand,
  },
  {
    use: 'baseline [options] <file...>',
    about: 'Give a distributed installation lists of the cluster, as its whole state at an instant.',
    load: async () => (await import('./commands/baseline.ts')).baselineCommand,
  },
  {
    use: 'copy-ended [options]',
    about:
      'Say that a copy of a cluster, which told its changes under the cluster’s name, tells nothing any more.',
    load: async () => (await import('./commands/copy-ended.ts')).copyEndedCommand,
  },
  {
    use: 'source-retired [options] <source...>',
    about: 'Say that sources are out of service for good, so that their silence is no gap any more.',
    load: async () => (await import('./commands/source-retired.ts')).sourceRetiredCommand,
  },
  {
    use: 'tell-hubs',
    about: 'Tell hubs of a distributed installation’s reports once more: one is new, or lacks some.',
    load: async () => (await import('./commands/tell-hubs.ts')).tellHubsCommand,
  },
  {
    use: 'check [options]',
    about: 'Look whether GlobalReports, and Calico beside them, can be used in a cluster.',
    load: async () => (await import('./commands/check.ts')).checkCommand,
  },
  {
    use: 'definitions [options] <name...>',
    about: 'Have a release of the chart take over definitions that no release has, and upgrade them.',
    load: async () => (await import('./commands/definitions.ts')).definitionsCommand,
  },
  {
    use: 'migrate [options] [file...]',
    about: 'Rewrite manifests and roles for another API group of GlobalReports.',
    load: async () => (await import('./commands/migrate.ts')).migrateCommand,
  },
  {
    use: 'dlq',
    about: 'Look at dead letters, and publish them again after a fix.',
    load: async () => (await import('./commands/dlq.ts')).dlqCommand,
  },
];

/** The name of a command, of how it is used. */
export const nameOf = (use: string): string => use.split(' ', 1)[0]!;
