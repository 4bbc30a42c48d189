import { SetMetadata, type CustomDecorator } from '@nestjs/common';

/** The metadata that holds a route's right. */
export const RIGHT = 'margay:right';

/** The right that everybody has. */
export const OPEN = 'open';

/**
 * Says which right whoever calls the route must have, by the name under which a module gave its judge to `RouteRights`. On a
 * controller it is that of all its routes; on a method it wins.
 */
export const Right = (name: string): CustomDecorator<string> => SetMetadata(RIGHT, name);

/** Says that anybody may call the route. */
export const Open = (): CustomDecorator<string> => SetMetadata(RIGHT, OPEN);
