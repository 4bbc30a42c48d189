import type { HubNews } from '@margay/contracts';
import { OtherLog, type Mirror } from '@margay/storage';
import { type Reading, readNews, RefusedNews } from './read-news.ts';

/**
 * Keeps what a message tells of a cluster: durable when fulfilled. One after the other: what is known of the log when one is read must be so when
 * it is kept.
 *
 * @throws RefusedNews
 */
export async function takeNews(mirror: Mirror, news: HubNews, known: Omit<Reading, 'kept'>): Promise<void> {
  const kept = await mirror.keyChanges();
  try {
    await mirror.keep(readNews(news, { ...known, kept }));
  } catch (error) {
    throw error instanceof OtherLog ? new RefusedNews(error.code, error.message, error) : error;
  }
}
