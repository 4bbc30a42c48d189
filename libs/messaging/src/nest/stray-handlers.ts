import type { ModulesContainer } from '@nestjs/core';
import { ON_TOPIC } from './on-topic.ts';

/** A method with `@OnTopic` of a class that is no controller: Nest looks for handlers in controllers only. */
export interface StrayHandler {
  readonly topic: string;
  /** `Class.method`. */
  readonly where: string;
}

/** The handlers that would never be called, of all modules. */
export function strayHandlers(modules: ModulesContainer): readonly StrayHandler[] {
  const controllers = new Set<unknown>();
  const others = new Set<new (...args: never[]) => object>();
  for (const module of modules.values()) {
    for (const { metatype } of module.controllers.values()) controllers.add(metatype);
    for (const { metatype } of module.providers.values())
      if (typeof metatype === 'function' && metatype.prototype !== undefined)
        others.add(metatype as new (...args: never[]) => object);
  }
  return [...others].filter((each) => !controllers.has(each)).flatMap(handlersOf);
}

function handlersOf(type: new (...args: never[]) => object): StrayHandler[] {
  const found: StrayHandler[] = [];
  for (let of: object | null = type.prototype as object; of !== null; of = Object.getPrototypeOf(of)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(of))) {
      const topic: unknown = typeof value === 'function' && Reflect.getMetadata(ON_TOPIC, value);
      if (typeof topic === 'string') found.push({ topic, where: `${type.name}.${name}` });
    }
  }
  return found;
}
