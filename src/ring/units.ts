/**
 * Numbers that must not be taken for one another: a scale and a modulus are both small integers, and a mix-up is noise in a share.
 *
 * Arithmetic gives plain numbers; whoever computes a quantity says its unit again. The constructors do nothing at run time.
 */
declare const unit: unique symbol;

type Of<U extends string> = number & { readonly [unit]: U };

/** log2 of a modulus, 1 to 64; or how many bits something has. */
export type Bits = Of<'bits'>;
/** Fractional bits of a fixed-point value; may be negative. */
export type Scale = Of<'scale'>;
export type Bytes = Of<'bytes'>;
export type Seconds = Of<'seconds'>;
/** An angle in units of a gate's phases: 2^-16 or 2^-20 of a turn, as its resolution says. */
export type Turns = Of<'turns'>;

export const bits = (n: number): Bits => n as Bits;
export const scale = (n: number): Scale => n as Scale;
export const bytes = (n: number): Bytes => n as Bytes;
export const seconds = (n: number): Seconds => n as Seconds;
export const turns = (n: number): Turns => n as Turns;
