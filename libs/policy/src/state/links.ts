/**
 * One end of a many-to-many relation: everything that its owner is linked with.
 *
 * Each link is stored at both ends, each side knowing its place in the other's list, so adding and removing one cost
 * the same however many there are. No order. Much smaller than a pair of Sets.
 */
export class End<Owner, Other> {
  readonly owner: Owner;
  others: End<Other, Owner>[] = [];
  #places: number[] = [];

  constructor(owner: Owner) {
    this.owner = owner;
  }

  get size(): number {
    return this.others.length;
  }

  /** Links two ends. They must not be linked yet. */
  link(other: End<Other, Owner>): void {
    const here = this.others.length;
    this.#push(other, other.others.length);
    other.#push(this, here);
  }

  /** Takes away the link at an index of `others`; the last link takes its place. */
  unlinkAt(index: number): void {
    const other = this.others[index];
    const place = this.#places[index];
    if (other === undefined || place === undefined) return;
    other.#drop(place);
    this.#drop(index);
  }

  /** Takes away every link. */
  clear(): void {
    for (let i = this.others.length - 1; i >= 0; i--) this.unlinkAt(i);
  }

  #push(other: End<Other, Owner>, place: number): void {
    // A list made with its first element has room for one; pushing onto an empty one makes room for seventeen.
    if (this.others.length === 0) {
      this.others = [other];
      this.#places = [place];
    } else {
      this.others.push(other);
      this.#places.push(place);
    }
  }

  #drop(index: number): void {
    const other = this.others.pop();
    const place = this.#places.pop();
    if (other === undefined || place === undefined || index === this.others.length) return;
    this.others[index] = other;
    this.#places[index] = place;
    other.#places[place] = index;
  }
}
