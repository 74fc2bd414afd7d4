// 64-bit arithmetic for elements of two words, vec2u(low, high). Put in front of every kernel.

fn add64(a: vec2u, b: vec2u) -> vec2u {
  let low = a.x + b.x;
  return vec2u(low, a.y + b.y + u32(low < a.x));
}

fn negate64(a: vec2u) -> vec2u {
  return add64(~a, vec2u(1u, 0u));
}

// The high word of a 32 x 32 product, by halves.
fn multiply_high(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let cross = a1 * b0 + ((a0 * b0) >> 16u);
  let other = a0 * b1 + (cross & 0xffffu);
  return a1 * b1 + (cross >> 16u) + (other >> 16u);
}

fn multiply64(a: vec2u, b: vec2u) -> vec2u {
  return vec2u(a.x * b.x, multiply_high(a.x, b.x) + a.x * b.y + a.y * b.x);
}

// By 0 to 63 bits.
fn shift_right64(a: vec2u, shift: u32) -> vec2u {
  let source = select(a, vec2u(a.y, 0u), shift >= 32u);
  let s = shift & 31u;
  return vec2u((source.x >> s) | ((source.y << 1u) << (31u - s)), source.y >> s);
}

fn sign_extend64(x: i32) -> vec2u {
  return vec2u(bitcast<u32>(x), bitcast<u32>(x >> 31u));
}

// The low `bits` bits set, 0 to 64.
fn mask64(bits: u32) -> vec2u {
  let low = select((1u << (bits & 31u)) - 1u, 0xffffffffu, bits >= 32u);
  let high = select(0u, (1u << (bits & 31u)) - 1u, bits > 32u);
  return vec2u(low, select(high, 0xffffffffu, bits >= 64u));
}

// Which thread of a dispatch this is. More groups than one dimension may have are folded into two.
fn thread_index(id: vec3u, groups: vec3u) -> u32 {
  return id.y * groups.x * 64u + id.x;
}
