// ChaCha20 keystream (RFC 8439): one thread a block of 16 words, counters from 0.
// The state's rows are vectors, so a round is four quarter rounds at once; turning the rows makes diagonals columns.

struct Uniforms {
  key_low: vec4u,
  key_high: vec4u,
  nonce: vec3u,
  n: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;
@group(0) @binding(1) var<storage, read_write> stream: array<u32>;

struct State {
  a: vec4u,
  b: vec4u,
  c: vec4u,
  d: vec4u,
}

fn rotate(x: vec4u, bits: u32) -> vec4u {
  return (x << vec4u(bits)) | (x >> vec4u(32u - bits));
}

fn quarter_rounds(state: State) -> State {
  var s = state;
  s.a += s.b;
  s.d = rotate(s.d ^ s.a, 16u);
  s.c += s.d;
  s.b = rotate(s.b ^ s.c, 12u);
  s.a += s.b;
  s.d = rotate(s.d ^ s.a, 8u);
  s.c += s.d;
  s.b = rotate(s.b ^ s.c, 7u);
  return s;
}

fn store(at: u32, words: vec4u) {
  for (var i = 0u; i < 4u; i++) {
    if (at + i < u.n) {
      stream[at + i] = words[i];
    }
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let counter = thread_index(id, groups);
  let blocks = (u.n + 15u) / 16u;
  if (counter >= blocks) {
    return;
  }
  let start = State(
    vec4u(0x61707865u, 0x3320646eu, 0x79622d32u, 0x6b206574u),
    u.key_low,
    u.key_high,
    vec4u(counter, u.nonce),
  );
  var s = start;
  for (var round = 0u; round < 10u; round++) {
    s = quarter_rounds(s);
    s = quarter_rounds(State(s.a, s.b.yzwx, s.c.zwxy, s.d.wxyz));
    s = State(s.a, s.b.wxyz, s.c.zwxy, s.d.yzwx);
  }
  store(16u * counter, s.a + start.a);
  store(16u * counter + 4u, s.b + start.b);
  store(16u * counter + 8u, s.c + start.c);
  store(16u * counter + 12u, s.d + start.d);
}
