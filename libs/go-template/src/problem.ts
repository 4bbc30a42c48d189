const LENGTH_MAX = 500;

/** What is wrong with a template, and where. As text: `name:3: what`. */
export class TemplateProblem extends Error {
  override readonly name = 'TemplateProblem';
  /** Of the template. */
  readonly template: string;
  /** From 1. */
  readonly line: number;
  /** Without the place. */
  readonly what: string;

  constructor(template: string, line: number, problem: string) {
    // It may quote what was written, which has any length.
    const what = problem.length > LENGTH_MAX ? `${problem.slice(0, LENGTH_MAX)} …` : problem;
    super(`${template}:${line}: ${what}`);
    this.template = template;
    this.line = line;
    this.what = what;
  }
}
