// Keeps start ≤ l < start + count of [outer][length][inner]: one thread a word. The planes of a vector are just more outer rows.

struct Uniforms {
  total: u32,
  length: u32,
  inner: u32,
  start: u32,
  count: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = thread_index(id, groups);
  if (at >= u.total) {
    return;
  }
  let run = u.count * u.inner;
  let outer = at / run;
  result[at] = a[(outer * u.length + u.start) * u.inner + at % run];
}
