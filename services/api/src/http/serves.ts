import {
  applyDecorators,
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
  UseInterceptors,
  type ExecutionContext,
} from '@nestjs/common';
import { routesOf, type Answered, type Operation } from '@margay/api-contract';
import { Right } from '@margay/runtime/nest';
import { ArchiveProblemInterceptor } from './archive-problem.interceptor.ts';
import { EtagInterceptor } from './etag.interceptor.ts';

/** The metadata that holds a handler's operation. */
const OPERATION = 'margay:operation';

const METHODS = { get: RequestMethod.GET, post: RequestMethod.POST, delete: RequestMethod.DELETE };

/** What a handler of an operation answers: what is described, or a file or stream where no schema is. */
type Handler<O extends Operation> = (
  ...args: never[]
) => O['answer'] extends { readonly schema: unknown } ? Promise<Answered<O>> | Answered<O> : unknown;

/**
 * Serves an operation as it is described: at its path, to whoever has its right, answered with its schema's type.
 * Its query is checked where a parameter has it: `@Query({ schema: OPERATIONS.runs.query })`.
 */
export function Serves<O extends Operation>(operation: O) {
  return applyDecorators(
    RequestMapping({ path: routesOf(operation), method: METHODS[operation.method] }),
    HttpCode(200),
    Right(operation.right),
    SetMetadata(OPERATION, operation),
    UseInterceptors(ArchiveProblemInterceptor),
    ...(operation.method === 'get' && operation.answer.schema ? [UseInterceptors(EtagInterceptor)] : []),
  ) as <H extends Handler<O>>(target: object, name: string, descriptor: TypedPropertyDescriptor<H>) => void;
}

/** The operation that a handler serves. @throws Error where its right is of the API and it serves none. */
export function operationOf(context: ExecutionContext): Operation {
  const handler = context.getHandler();
  const operation = Reflect.getMetadata(OPERATION, handler) as Operation | undefined;
  if (operation === undefined)
    throw new Error(`${handler.name} serves no operation of the contract: put @Serves(…) on it`);
  return operation;
}
