/**
 * The template language of Go's `text/template`, over JSON-like values.
 *
 * A template reaches nothing but its data and the functions it is given, and does no more than its limits allow. What it
 * writes is held against Go's own engine; see `testing/oracle.go`. Pure: no I/O, no time.
 */
export { type Budget, type Limits } from './budget.ts';
export { readTemplate, type Template } from './evaluate.ts';
export { readInteger } from './parse.ts';
export { TemplateProblem } from './problem.ts';
export { argumentProblem, count, type Functions, type TemplateFunction } from './builtins.ts';
export { textOf } from './format.ts';
export { inPieces, joined, replaced, split } from './texts.ts';
export { isList, isMap, isTrue, typeName } from './kinds.ts';
export { valueOf, type Value } from './value.ts';
export { Struct, type FieldType, type MethodContext, type Shape } from './value.ts';
