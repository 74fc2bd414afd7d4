// a[i] ∘ b[⌊i/inner⌋ mod b_n]: one thread an element.

struct Uniforms {
  n: u32,
  a_words: u32,
  b_n: u32,
  b_words: u32,
  inner: u32,
  words: u32,
  operation: u32,
}

const ADD = 0u;
const SUBTRACT = 1u;

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read> b: array<u32>;
@group(0) @binding(3) var<storage, read_write> result: array<u32>;

fn combine(x: vec2u, y: vec2u) -> vec2u {
  if (u.operation == ADD) {
    return add64(x, y);
  }
  if (u.operation == SUBTRACT) {
    return add64(x, negate64(y));
  }
  return multiply64(x, y);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = thread_index(id, groups);
  if (i >= u.n) {
    return;
  }
  let j = (i / u.inner) % u.b_n;
  var x = vec2u(a[i], 0u);
  var y = vec2u(b[j], 0u);
  if (u.words == 2u) {
    if (u.a_words == 2u) {
      x.y = a[u.n + i];
    }
    if (u.b_words == 2u) {
      y.y = b[u.b_n + j];
    }
  }
  let z = combine(x, y);
  result[i] = z.x;
  if (u.words == 2u) {
    result[u.n + i] = z.y;
  }
}
