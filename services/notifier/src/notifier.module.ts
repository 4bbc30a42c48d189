import { Module, type DynamicModule } from '@nestjs/common';
import { NewsController, NOTIFIER_OPTIONS, type NotifierOptions } from './news.controller.ts';

export type { NotifierOptions };

/** What became of windows in, events to a webhook out. It needs a `BUS` and the `STORES`. */
@Module({ controllers: [NewsController] })
export class NotifierModule {
  static over(options: NotifierOptions, ...adapters: readonly DynamicModule[]): DynamicModule {
    return {
      module: NotifierModule,
      imports: [...adapters],
      providers: [{ provide: NOTIFIER_OPTIONS, useValue: options }],
    };
  }
}
