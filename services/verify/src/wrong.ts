/** Something that shows that evidence is not what it says, or that others read something else in it. */
export class Wrong extends Error {}
