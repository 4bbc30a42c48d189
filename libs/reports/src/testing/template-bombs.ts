/** A template that would take all the time or memory there is, and what is said of it. */
export interface TemplateBomb {
  readonly name: string;
  readonly template: string;
  readonly says: RegExp;
}

const WORK = /does more than \d+ pieces of work/;
const WRITES = /writes more than \d+ characters/;
const MAKES = /makes texts of more than \d+ characters on the way/;
const TOO_MUCH = new RegExp(`${WORK.source}|${WRITES.source}|${MAKES.source}|takes more than`);
const DEEP = /nested more than \d+ deep|call one another more than \d+ deep/;

/** `$x` of 16 times two to the power of so many characters. */
const long = (doublings: number, seed = '0123456789abcdef'): string =>
  `{{$x := "${seed}"}}{{range ${doublings}}}{{$x = print $x $x}}{{end}}`;
/** `$l`, a list of lists that is two to the power of so many elements wide where it is gone through. */
const wide = (doublings: number): string =>
  `{{$l := list "a"}}{{range ${doublings}}}{{$l = list $l $l}}{{end}}`;
/** `$l`, lists within one another. */
const deep = (levels: number): string => `{{$l := list 1}}{{range ${levels}}}{{$l = list $l}}{{end}}`;
const forever = (body: string): string => `{{range 100000000}}${body}{{end}}`;
const csvOf = (columns: number, cell: string): string =>
  `{{$c := csv}}{{range ${columns}}}{{$c = $c.AddColumn "h" ${JSON.stringify(cell)}}}{{end}}`;

/** One of each kind: whatever a template can make grow or go on, alone and in the ways in which they go together. */
export const TEMPLATE_BOMBS: readonly TemplateBomb[] = (
  [
    // Going on.
    ['a loop that does nothing', forever(''), WORK],
    ['loops within loops', '{{range 100000}}{{range 100000}}{{end}}{{end}}', WORK],
    ['a loop of the largest number', '{{range 9223372036854775807}}{{end}}', WORK],
    ['a loop over the fields of a map', forever('{{range $k, $v := $.Evidence}}{{end}}'), WORK],
    ['a template that calls itself', '{{define "a"}}{{template "a"}}{{end}}{{template "a"}}', DEEP],
    ['a template that calls itself by its own name', '{{template "bomb.txt"}}', DEEP],
    [
      'templates that call one another twice',
      '{{define "a"}}{{if lt (len .) 60}}{{template "a" (print . "x")}}{{template "a" (print . "x")}}{{end}}{{end}}{{template "a" ""}}',
      WORK,
    ],
    [
      'cells that make tables',
      `{{define "t"}}x{{end}}{{$c := csv.AddColumn "h" "{{(csv.AddColumn \\"h\\" \\"{{range 1000}}{{1}}{{end}}\\").Render $}}"}}${forever('{{$y := $c.Render $}}')}`,
      TOO_MUCH,
    ],
    [
      'numbers that double',
      `{{$n := 3}}${forever('{{$n = add $n $n}}{{$n = mul $n 9223372036854775807}}')}`,
      WORK,
    ],
    // Growing.
    ['a text that doubles', long(60), WRITES],
    [
      'a text that printf doubles',
      `{{$x := "0123456789"}}{{range 60}}{{$x = printf "%s%s" $x $x}}{{end}}`,
      WRITES,
    ],
    [
      'a text that join doubles',
      `{{$x := "0123456789"}}{{range 60}}{{$x = join $x (list $x $x $x)}}{{end}}`,
      TOO_MUCH,
    ],
    [
      'a text that println keeps',
      `{{$l := list}}{{$x := "0123456789"}}${forever('{{$l = list $l (println $l)}}')}`,
      TOO_MUCH,
    ],
    ['a text that replace makes grow', `${long(16)}{{$y := replace "0" $x $x}}{{$y}}`, TOO_MUCH],
    [
      'a text that replace squares',
      `${long(10)}{{range 60}}{{$x = replace "0" "0000000000" $x}}{{end}}`,
      TOO_MUCH,
    ],
    ['a text between all characters', `${long(16)}{{replace "" $x $x}}`, TOO_MUCH],
    ['quotes that are quoted', '{{$x := "\\""}}{{range 60}}{{$x = quote $x}}{{end}}', TOO_MUCH],
    ['JSON that is made JSON', '{{$x := "\\""}}{{range 60}}{{$x = toJson $x}}{{end}}', TOO_MUCH],
    ['what %q quotes', '{{$x := "\\""}}{{range 60}}{{$x = printf "%q" $x}}{{end}}', TOO_MUCH],
    ['what %x spells', `${long(4)}{{range 60}}{{$x = printf "%# x" $x}}{{end}}`, TOO_MUCH],
    ['what js escapes', `{{$x := "<"}}{{range 60}}{{$x = js $x $x}}{{end}}`, TOO_MUCH],
    ['what html escapes', `{{$x := "&"}}{{range 60}}{{$x = html $x $x}}{{end}}`, TOO_MUCH],
    ['what urlquery escapes', `{{$x := "é"}}{{range 60}}{{$x = urlquery $x $x}}{{end}}`, TOO_MUCH],
    [
      'lines that are indented',
      `${long(16, '0\\n1\\n2\\n3\\n4\\n5\\n6\\n7\\n')}{{indent 1000 $x}}`,
      TOO_MUCH,
    ],
    ['lines that are indented again', `{{$x := "a\\nb"}}${forever('{{$x = nindent 1000 $x}}')}`, TOO_MUCH],
    [
      'letters that grow when they are large',
      `${long(18, 'ŉŉŉŉŉŉŉŉ')}{{range 99}}{{$y := upper $x}}{{end}}`,
      TOO_MUCH,
    ],
    ['wide numbers', forever('{{$x := printf "%1000000d" 1}}'), TOO_MUCH],
    [
      'a width of a thousand million',
      '{{printf "%999999999d" 1 | len}}{{printf "%999999999d" 1 | len}}{{printf "%.999999999d" 1}}',
      /above 1000000/,
    ],
    ['wide texts', forever('{{$x := printf "%*s" 1000000 "a"}}'), TOO_MUCH],
    ['many digits', forever('{{$x := printf "%.1000000f" 1.5}}'), TOO_MUCH],
    ['digits of a whole number', forever('{{$x := printf "%.1000000d %.1000000x" 1 2}}'), TOO_MUCH],
    [
      'long layouts of a time',
      `${long(20, 'January January ')}${forever('{{$.StartTime.Format $x}}')}`,
      TOO_MUCH,
    ],
    ['much output in small pieces', forever('x{{1}}'), TOO_MUCH],
    ['much output in large pieces', `${long(16)}${forever('{{$x}}')}`, TOO_MUCH],
    // Lists.
    ['a list that doubles, printed', `${wide(60)}{{print $l}}`, TOO_MUCH],
    ['a list that doubles, shown', `${wide(60)}{{$l}}`, TOO_MUCH],
    ['a list that doubles, as JSON', `${wide(60)}{{toJson $l}}`, TOO_MUCH],
    ['a list that doubles, as YAML', `${wide(60)}{{toYaml $l}}`, TOO_MUCH],
    ['a list that doubles, joined', `${wide(60)}{{join "," $l}}`, TOO_MUCH],
    ['a list that doubles, sorted', `${wide(60)}{{sortAlpha $l}}`, TOO_MUCH],
    ['a list that doubles, each once', `${wide(60)}{{uniq $l}}`, TOO_MUCH],
    ['a list that doubles, looked for', `${wide(60)}{{has $l (list $l)}}`, TOO_MUCH],
    ['a list that doubles, quoted', `${wide(60)}{{quote $l}}`, TOO_MUCH],
    ['lists within lists, printed', `${deep(1_000)}{{$l}}`, DEEP],
    ['lists within lists, as JSON', `${deep(1_000)}{{toJson $l}}`, DEEP],
    ['lists within lists, as YAML', `${deep(1_000)}{{toYaml $l}}`, DEEP],
    [
      'lines deep in YAML',
      `${long(14, 'a\\nb\\n')}{{$l := list $x}}{{range 90}}{{$l = list $l}}{{end}}{{toYaml $l}}${forever('{{$y := toYaml $l}}')}`,
      TOO_MUCH,
    ],
    [
      'lists that are kept',
      `{{$l := list}}${forever('{{$l = list $l "a" "b" "c" "d" "e" "f" "g" "h"}}')}`,
      TOO_MUCH,
    ],
    ['a text taken apart', `${long(18)}{{range 99}}{{$l := splitList "" $x}}{{end}}`, TOO_MUCH],
    [
      'a text taken apart at a letter, and kept',
      `${long(16)}{{$k := list}}${forever('{{$k = list $k (splitList "0" $x)}}')}`,
      TOO_MUCH,
    ],
    [
      'texts that differ at their end, sorted',
      `${long(14)}${forever('{{$y := sortAlpha (list (print $x 3) (print $x 2) (print $x 1))}}')}`,
      TOO_MUCH,
    ],
    // Looking at much for little.
    [
      'a search that always nearly finds',
      `${long(16, 'aaaaaaaaaaaaaaaa')}{{$p := print "b" (slice $x 1 100000)}}${forever('{{$b := contains $p $x}}')}`,
      TOO_MUCH,
    ],
    [
      'a replacement that always nearly finds',
      `${long(16, 'aaaaaaaaaaaaaaaa')}{{$p := print "b" (slice $x 1 100000)}}${forever('{{$b := replace $p "" $x}}')}`,
      TOO_MUCH,
    ],
    ['the length of a long text', `${long(20)}${forever('{{$n := len $x}}')}`, TOO_MUCH],
    ['a byte of a long text', `${long(20)}${forever('{{$n := index $x 1}}')}`, TOO_MUCH],
    ['a piece of a long text', `${long(20)}${forever('{{$n := slice $x 1 2}}')}`, TOO_MUCH],
    [
      'long texts compared',
      `${long(20)}{{$y := print $x "a"}}{{$x = print $x "b"}}${forever('{{$n := lt $x $y}}{{$n = eq $x $y}}')}`,
      TOO_MUCH,
    ],
    ['long texts trimmed', `${long(20, '                ')}${forever('{{$n := trim $x}}')}`, TOO_MUCH],
    ['the report compared with itself', forever('{{$b := eq $ $}}'), TOO_MUCH],
    ['the report printed', forever('{{$b := print $}}'), TOO_MUCH],
    ['the report as JSON', forever('{{$b := toJson $}}'), TOO_MUCH],
    ['the report as YAML', forever('{{$b := toYaml $.Endpoints}}'), TOO_MUCH],
    [
      'who talks to whom, again and again',
      forever('{{range $.Endpoints}}{{$b := flowsIngress .}}{{end}}'),
      TOO_MUCH,
    ],
    // Tables.
    ['a table of many columns', `${csvOf(100_000, '{{.}}')}{{$c.Render .}}`, TOO_MUCH],
    [
      'a table of many rows',
      `{{$l := list}}${csvOf(10, '{{.}}')}${forever('{{$y := $c.Render $.Endpoints}}')}`,
      TOO_MUCH,
    ],
    [
      'a table of long cells',
      `${long(14)}{{$c := csv.AddColumn "h" (print "{{$x := \`" $x "\`}}{{print $x $x $x $x}}")}}${forever('{{$y := $c.Render $.Endpoints}}')}`,
      TOO_MUCH,
    ],
    [
      'a template of its own for each cell',
      `{{range $i := 100000000}}{{$y := (csv.AddColumn "h" (printf "%d{{1}}" $i)).Render $}}{{end}}`,
      TOO_MUCH,
    ],
    [
      'a long template in a cell',
      `${long(18, '{{1}}{{1}}{{1}} ')}{{(csv.AddColumn "h" $x).Render $}}`,
      TOO_MUCH,
    ],
    // Many names.
    ['many variables', '{{$a := 1}}'.repeat(20_000), /more than \d+ variables/],
    ['many lookups of a variable', `${'{{$a := 1}}'.repeat(900)}${forever('{{$}}')}`, TOO_MUCH],
  ] as const
).map(([name, template, says]) => ({ name, template, says }));

/** Templates that take long to read, and what is said of them where it is an error. */
export const BOMBS_TO_READ: readonly {
  readonly name: string;
  readonly template: string;
  readonly says?: RegExp;
}[] = [
  { name: 'many parentheses', template: `{{${'('.repeat(100_000)}1${')'.repeat(100_000)}}}`, says: /deep/ },
  { name: 'many blocks', template: `${'{{if 1}}'.repeat(20_000)}${'{{end}}'.repeat(20_000)}`, says: /deep/ },
  {
    name: 'a long chain of elses',
    template: `{{if 1}}${'{{else if 1}}'.repeat(15_000)}{{end}}`,
    says: /deep/,
  },
  { name: 'a number of many digits', template: `{{${'1'.repeat(250_000)}}}`, says: /bad number/ },
  { name: 'a fraction of many digits', template: `{{${'1'.repeat(250_000)}e1_}}`, says: /bad number/ },
  { name: 'digits and lines below', template: `{{${'1_'.repeat(125_000)}e}}`, says: /bad number/ },
  { name: 'blanks that are trimmed', template: `${' '.repeat(250_000)}x{{- 1}}` },
  { name: 'blanks that may be base64', template: `${' '.repeat(250_000)}{{1}}` },
  { name: 'letters that may be base64', template: `${'a'.repeat(250_000)}{{1}}` },
  {
    name: 'a function with a long name',
    template: `{{${'f'.repeat(250_000)}}}`,
    says: /there is no function f{200}/,
  },
  { name: 'a text that is not closed', template: `{{"${'\\"'.repeat(125_000)}}}`, says: /not closed/ },
  { name: 'a comment that is not closed', template: '{{/*'.repeat(60_000), says: /not closed/ },
  { name: 'many texts that are not closed', template: '{{`'.repeat(80_000), says: /unexpected|not closed/ },
  {
    name: 'many definitions',
    template: Array.from({ length: 9_000 }, (_, i) => `{{define "${i}"}}x{{end}}`).join(''),
  },
  { name: 'many fields', template: `{{$${'.a'.repeat(120_000)}}}` },
  { name: 'many arguments', template: `{{print ${'1 '.repeat(120_000)}}}` },
  { name: 'many stages', template: `{{1${'|print'.repeat(40_000)}}}` },
];
