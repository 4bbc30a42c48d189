import { bothOrNone, goDuration, whole, webAddress } from '@margay/runtime';
import * as z from 'zod';

/** Where copies of evidence are kept that nobody can change before a time. */
export const sinkSettings = {
  S3_BUCKET: z.string().min(3).max(255).optional().meta({
    description:
      'Bucket with S3 Object Lock that evidence.zip of each logged report and the log’s heads are copied to; none unless set.',
  }),
  S3_PREFIX: z
    .string()
    .regex(/^([\w.-]+\/)*$/, 'it must be names with a slash behind each, as in margay/')
    .default('')
    .meta({ description: 'Put before every key there.' }),
  S3_REGION: z.string().default('us-east-1').meta({ description: 'Region of the bucket.' }),
  S3_ENDPOINT: webAddress().optional().meta({
    description: 'Address of a server that speaks S3, asked by path; Amazon’s of the region unless set.',
    isQuoted: false,
  }),
  S3_ACCESS_KEY_ID: z.string().optional().meta({
    description: 'Access key; as Amazon’s clients find one (a role of the pod, variables, files) unless set.',
  }),
  S3_SECRET_ACCESS_KEY: z.string().optional().meta({ description: 'Its secret.', secret: true }),
  S3_RETENTION_MODE: z.enum(['COMPLIANCE', 'GOVERNANCE']).default('COMPLIANCE').meta({
    description: 'Whether nobody may delete a copy before its time, or somebody with a right of its own may.',
  }),
  S3_RETENTION_DAYS: whole(1, 36_500).default(400).meta({
    description: 'How long a copy is kept so from when it is made.',
    unit: 'days',
  }),
  S3_DELAY: goDuration().prefault('15m').meta({
    description:
      'How long after it was logged a report is copied, so that witnesses and an authority of timestamps have signed by then.',
  }),
};

/** The settings of copies, parsed. */
export type SinkConfig = z.output<z.ZodObject<typeof sinkSettings>>;

/** How copies are made. */
export interface SinkOptions {
  readonly bucket: string;
  readonly prefix: string;
  readonly region: string;
  readonly endpoint?: string;
  /** As the SDK finds them unless given. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly mode: 'COMPLIANCE' | 'GOVERNANCE';
  readonly days: number;
  readonly delayMilliseconds: number;
}

/** How copies are made by the settings; undefined where none are. @throws Error where they do not fit together */
export function sinkOf(settings: SinkConfig): SinkOptions | undefined {
  const { S3_BUCKET: bucket, S3_ENDPOINT: endpoint } = settings;
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = settings;
  bothOrNone(settings, 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY');
  if (bucket === undefined) return undefined;
  return {
    bucket,
    prefix: settings.S3_PREFIX,
    region: settings.S3_REGION,
    ...(endpoint !== undefined && { endpoint }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
    mode: settings.S3_RETENTION_MODE,
    days: settings.S3_RETENTION_DAYS,
    delayMilliseconds: settings.S3_DELAY,
  };
}
