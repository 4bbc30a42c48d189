import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  visit,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';

/** Whether a document says something once and refers to it. */
export function hasAliases(document: Document): boolean {
  let isFound = false;
  visit(document, {
    Alias() {
      isFound = true;
      return visit.BREAK;
    },
  });
  return isFound;
}

/** A copy of a document in which what aliases and merges (`<<`) stand for is written out: each can be changed without the others. */
export function writtenOut(document: Document): Document {
  const copy = document.clone();
  copy.contents = writeOut(copy.contents, new Map()) as typeof copy.contents;
  return copy;
}

function writeOut(node: unknown, anchors: Map<string, Node>): unknown {
  if (isAlias(node)) return anchors.get(node.source)?.clone();
  if (isPair(node)) {
    node.key = writeOut(node.key, anchors);
    node.value = writeOut(node.value, anchors);
  } else if (isSeq(node)) node.items = node.items.map((item) => writeOut(item, anchors));
  else if (isMap(node)) {
    for (const pair of node.items) writeOut(pair, anchors);
    merge(node);
  }
  if (isNode(node) && !isAlias(node) && node.anchor !== undefined) {
    anchors.set(node.anchor, node);
    delete node.anchor;
  }
  return node;
}

const isMerge = ({ key }: Pair): boolean => isScalar(key) && key.value === '<<';

/** What a map says itself comes before what it takes from others, and of those the first. */
function merge(map: YAMLMap): void {
  const merges = map.items.filter(isMerge);
  if (merges.length === 0) return;
  map.items = map.items.filter((pair) => !isMerge(pair));
  for (const { value } of merges)
    for (const from of isSeq(value) ? value.items : [value])
      if (isMap(from)) for (const pair of from.items) if (!map.has(pair.key)) map.items.push(pair.clone());
}
