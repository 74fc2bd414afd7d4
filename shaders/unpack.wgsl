// Elements of 1 to 64 bits out of a tight bit string: one thread an element.
// A word read beyond the end is harmless: the mask removes whatever it gave.

struct Uniforms {
  n: u32,
  bits: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> packed: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = thread_index(id, groups);
  if (i >= u.n) {
    return;
  }
  // 32 elements fill `bits` words; counting bits from there never overflows.
  let bit = (i & 31u) * u.bits;
  let at = (i >> 5u) * u.bits + (bit >> 5u);
  let s = bit & 31u;
  let keep = mask64(u.bits);
  let next = packed[at + 1u];
  result[i] = ((packed[at] >> s) | ((next << 1u) << (31u - s))) & keep.x;
  if (u.bits > 32u) {
    result[u.n + i] = ((next >> s) | ((packed[at + 2u] << 1u) << (31u - s))) & keep.y;
  }
}
