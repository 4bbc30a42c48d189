import { sameDoubt, type Version } from '@margay/history';

/** True where both are the same version to the last field. Contents that are one object are not looked into. */
export function sameVersion(before: Version | undefined, now: Version | undefined): boolean {
  return (
    before !== undefined &&
    now !== undefined &&
    before.uid === now.uid &&
    before.resourceVersion === now.resourceVersion &&
    before.validFrom === now.validFrom &&
    before.validTo === now.validTo &&
    before.seenMidLife === now.seenMidLife &&
    before.endedBy === now.endedBy &&
    before.restored?.start === now.restored?.start &&
    before.restored?.end === now.restored?.end &&
    sameDoubt(before.doubt, now.doubt) &&
    before.actor?.user === now.actor?.user &&
    before.actor?.impersonated === now.actor?.impersonated &&
    (before.content === now.content || JSON.stringify(before.content) === JSON.stringify(now.content))
  );
}
