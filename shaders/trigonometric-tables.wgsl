// The dealer's cosines and sines of multiples of a phase: one thread an entry.

struct Uniforms {
  n: u32,
  count: u32,
  words: u32,
  shift: u32,
  half: i32,
  // A turn of the resolution, in phases.
  turn: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> cosine: array<i32>;
@group(0) @binding(2) var<storage, read> multiples: array<u32>;
@group(0) @binding(3) var<storage, read> phases: array<u32>;
@group(0) @binding(4) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = thread_index(id, groups);
  if (at >= u.count) {
    return;
  }
  let row = at / u.n;
  let angle = multiples[row / 2u] * phases[at % u.n] - u.turn / 4u * (row & 1u);
  let value = (cosine[angle & (u.turn - 1u)] + u.half) >> u.shift;
  result[at] = bitcast<u32>(value);
  if (u.words == 2u) {
    result[u.count + at] = bitcast<u32>(value >> 31u);
  }
}
