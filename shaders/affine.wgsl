// a[i] · factor + offset: one thread an element.

struct Uniforms {
  factor: vec2u,
  offset: vec2u,
  n: u32,
  a_words: u32,
  words: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = thread_index(id, groups);
  if (i >= u.n) {
    return;
  }
  var x = vec2u(a[i], 0u);
  if (u.a_words == 2u) {
    x.y = a[u.n + i];
  }
  let y = add64(multiply64(x, u.factor), u.offset);
  result[i] = y.x;
  if (u.words == 2u) {
    result[u.n + i] = y.y;
  }
}
