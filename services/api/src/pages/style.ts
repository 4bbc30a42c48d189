/** The page's style sheet: system fonts, light and dark, nothing from another host. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6b7c; --paper: #f6f7f9; --card: #fff; --line: #d9dee5;
  --good: #1a7f4b; --warn: #9a5b00; --accent: #2257c4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaf0; --soft: #9aa7b7; --paper: #11161d; --card: #1a212b; --line: #303a47; --good: #4cc38a;
    --warn: #f0b449; --accent: #85aaff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; margin: 0; } header p { color: var(--soft); margin: .25rem 0 1.5rem; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.25rem; margin: 0 0 1rem; }
article h2 { font-size: 1.1rem; margin: 0; } .meta { color: var(--soft); margin: .1rem 0 .6rem; font-variant-numeric: tabular-nums; }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: 99px; padding: 0 .6em; font-size: .8rem; }
.complete { color: var(--good); } .gaps { color: var(--warn); }
.rings { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; }
.ring { margin: 0; display: flex; align-items: center; gap: .6rem; } .ring svg { width: 84px; height: 84px; }
.ring circle { fill: none; stroke-width: 8; } .rest { stroke: var(--line); }
.part { stroke: var(--accent); transform: rotate(-90deg); transform-origin: 50% 50%; }
.ring text { text-anchor: middle; fill: var(--ink); } .value { font-size: 15px; font-weight: 600; } .percent { font-size: 8px; fill: var(--soft); }
.ring figcaption { font-size: .85rem; line-height: 1.3; }
dl.facts { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; margin: .6rem 0; } dl.facts div { display: flex; gap: .4rem; }
dt { color: var(--soft); } dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
ul.reasons { margin: .3rem 0; padding-left: 1.2rem; color: var(--warn); font-size: .9rem; }
.downloads { margin: .6rem 0 0; } .downloads a { margin-right: .9rem; } a { color: var(--accent); }
.empty { color: var(--soft); padding: 3rem 0; text-align: center; }
`;
