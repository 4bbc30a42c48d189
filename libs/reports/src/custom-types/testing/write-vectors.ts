import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SPRIG = 'github.com/Masterminds/sprig/v3@v3.3.0';

/** Calls of functions that Sprig has too. */
const TEMPLATES = `
{{join ";" .l}}|{{join ";" .n}}|{{join "," "a"}}|{{join "," 1}}|{{join "" .s}}|{{join "," .e}}
{{int .f}} {{int "12"}} {{int "x"}} {{int true}} {{int .n}} {{int "-3"}} {{int .l}} {{int "1.5"}}
{{add 1 2.9 "3"}} {{add}} {{add1 .i}} {{sub 5 .i}} {{sub 1.9 .f}} {{mul 2 3 4}} {{div 7 2}} {{div -7 2}} {{mod 7 3}} {{mod -7 3}}
{{max 1 5 3}} {{min 4 2}} {{max -1}}
{{div -9223372036854775808 -1}} {{mod -9223372036854775808 -1}} {{div -9223372036854775808 1}} {{div 9223372036854775807 -1}}
{{add 9223372036854775807 1}} {{add1 9223372036854775807}} {{sub -9223372036854775808 1}} {{mul -9223372036854775808 -1}} {{mul 4294967296 4294967296}}
{{max -9223372036854775808 9223372036854775807}} {{min -9223372036854775808 9223372036854775807}}
{{int "9223372036854775807"}} {{int "-9223372036854775808"}} {{int "9223372036854775808"}} {{int "-9223372036854775809"}} {{int "99999999999999999999"}}
{{int "1000000000000000000"}} {{int "+1000000000000000000"}} {{int "0000000000000000000000007"}} {{int "010"}} {{int "0x10"}} {{int "1_000"}} {{int " 1"}} {{int ""}} {{int "-"}} {{int "08"}} {{int "1.0"}} {{int "0b11"}} {{int "0o17"}} {{int "-0"}} {{int "00"}} {{int "1."}} {{int "1e3"}} {{int "0.0"}} {{int "-010"}} {{int ".0"}} {{int "+0x1F"}} {{int "0x_1"}} {{int "0_7"}} {{int "1__0"}} {{int "1_"}} {{int "_1"}} {{int "0b12"}} {{int "0X1f.00"}} {{int "0.00"}} {{int "0x"}} {{int "0_"}} {{int "00.0"}} {{int "0b1e"}} {{int "10.10"}} {{int "1.0.0"}} {{int "0x000000000000000000000000000000000000000000000000000000000000000000000000000000001"}} {{int "000000000000000000000000000000000000000000000000000000000000000000000000000000007"}}
{{add "9223372036854775807" 1}} {{add "010" 0}} {{add "0x10" 0}} {{add "1.0" 0}}
{{int 9223372036854775807.0}} {{int 1e19}} {{int -1e19}} {{int 9223372036854774784.0}} {{int -9223372036854775808.0}} {{int 1e300}} {{add 1e19 0}} {{mul -1e19 1}} {{int -0.5}}
{{div 1 0}}
{{mod 1 0}}
{{sub 1}}
{{toString 1.5}} {{toString .i}} {{toString "a"}} {{toString true}}
{{toJson .l}} {{toJson .m}} {{toJson "<a>&"}} {{toJson 1.5}} {{toJson .n}} {{toJson .e}}
{{upper .t}} {{lower "ÄB"}} {{trim "  a b "}} {{trimSuffix "b" "ab"}} {{trimPrefix "a" "ab"}} {{trimPrefix "x" "ab"}}
{{replace "a" "$&" "aab"}} {{contains "a" "cat"}} {{contains "" "cat"}} {{hasPrefix "a" "ab"}} {{hasSuffix "b" "ab"}}
{{splitList "," "a,b"}} {{splitList "," ""}} {{"a-b" | splitList "-" | join "+"}}
{{quote .t 1 .n}} {{quote "a\\"b\\nc"}} {{squote .t}} {{squote .n}} {{quote}}
{{indent 2 "a\\nb"}}|{{nindent 2 "a\\nb"}}|{{indent 0 "a"}}
{{default "d" .n}} {{default "d" ""}} {{default "d" 0}} {{default "d" "x"}} {{default "d" .e}} {{.none | default "d"}}
{{empty .n}} {{empty ""}} {{empty .l}} {{empty 0}} {{coalesce "" .n "x"}} {{coalesce 0 .i}}
{{ternary "y" "n" true}} {{false | ternary "y" "n"}}
{{ternary "y" "n" 1}}
{{list 1 "a" | first}} {{last .s}} {{first .e}} {{list}}
{{sortAlpha .s}} {{sortAlpha (list 10 9 "b")}} {{uniq .s}} {{uniq (list 1 1 "1")}} {{has "a" .s}} {{has 1 .l}} {{has "1" .l}}
{{first .t}}
{{upper 1}}
{{has 1 2}}
{{join}}
`
  .trim()
  .split('\n');

const folder = mkdtempSync(join(tmpdir(), 'margay-sprig-'));
const go = (...args: readonly string[]) => execFileSync('go', args, { cwd: folder });
copyFileSync(fileURLToPath(new URL('sprig.go', import.meta.url)), join(folder, 'main.go'));
go('mod', 'init', 'sprig');
go('get', SPRIG);
go('build', '-o', 'oracle', '.');
const input = TEMPLATES.map((template) => `${JSON.stringify(template)}\n`).join('');
const lines = execFileSync(join(folder, 'oracle'), { input }).toString().trimEnd().split('\n');
rmSync(folder, { recursive: true });
const vectors = TEMPLATES.map((template, i) => {
  const { output } = JSON.parse(lines[i]!) as { readonly output?: string };
  return JSON.stringify([template, output ?? null]);
});
writeFileSync(new URL('vectors.json', import.meta.url), `[\n${vectors.join(',\n')}\n]\n`);
