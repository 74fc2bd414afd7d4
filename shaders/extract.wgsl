// Some bits of every element, shifted down; negated: −extract(−a). One thread an element.

struct Uniforms {
  n: u32,
  a_words: u32,
  start: u32,
  end: u32,
  words: u32,
  negated: u32,
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
  if (u.negated == 1u) {
    x = negate64(x);
  }
  x = shift_right64(x, u.start) & mask64(u.end - u.start);
  if (u.negated == 1u) {
    x = negate64(x);
  }
  result[i] = x.x;
  if (u.words == 2u) {
    result[u.n + i] = x.y;
  }
}
