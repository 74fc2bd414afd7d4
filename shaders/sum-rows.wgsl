// Sums of runs of neighbours: one thread a run.

struct Uniforms {
  rows: u32,
  width: u32,
  a_words: u32,
  words: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = thread_index(id, groups);
  if (row >= u.rows) {
    return;
  }
  let first = row * u.width;
  let high = u.rows * u.width;
  var sum = vec2u(0u);
  for (var at = first; at < first + u.width; at++) {
    var x = vec2u(a[at], 0u);
    if (u.a_words == 2u && u.words == 2u) {
      x.y = a[high + at];
    }
    sum = add64(sum, x);
  }
  result[row] = sum.x;
  if (u.words == 2u) {
    result[u.rows + row] = sum.y;
  }
}
