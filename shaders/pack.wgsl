// The low bits of every element as a tight bit string: one thread a word of the string, so that no two threads share one.

struct Uniforms {
  n: u32,
  words: u32,
  bits: u32,
  length: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> elements: array<u32>;
@group(0) @binding(2) var<storage, read_write> packed: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = thread_index(id, groups);
  if (at >= u.length) {
    return;
  }
  // 32 elements fill `bits` words; counting bits from there never overflows.
  let bit = (at % u.bits) * 32u;
  var i = (at / u.bits) * 32u + bit / u.bits;
  var skipped = bit % u.bits;
  var filled = 0u;
  var word = 0u;
  let keep = mask64(u.bits);
  while (filled < 32u && i < u.n) {
    var element = vec2u(elements[i], 0u);
    if (u.words == 2u) {
      element.y = elements[u.n + i];
    }
    word |= shift_right64(element & keep, skipped).x << filled;
    filled += u.bits - skipped;
    skipped = 0u;
    i++;
  }
  packed[at] = word;
}
