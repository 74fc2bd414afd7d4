// The product of ring-matmul-wide.wgsl on 8-bit digits, for devices that add up four products of bytes in one instruction (WGSL's
// packed_4x8_integer_dot_product). A word of a tile holds one digit of four neighbouring steps of depth. Modulo 2^64 two digits count
// whose places i + j < 8: 36 dot products for four steps, 26 where one operand has single words. A workgroup makes a tile of 32 x 32, a
// thread 1 x 4 of it, spread 8 apart so that neighbouring threads touch neighbouring words. Places beyond the edges read as zero and are
// not written.

const TILE = 32u;
// Not deeper: workgroup memory is cleared before use, and a software adapter spells every cleared word out as code.
const DEPTH = 8u;
const QUADS = DEPTH / 4u;
// The sums for the places 0 to 3 must not wrap: a step adds at most four products of 255 x 255 to one, so many steps a quarter of 2^32.
const SECTION = 4096u;

@group(0) @binding(1) var<storage, read> left: array<u32>;
@group(0) @binding(2) var<storage, read> right: array<u32>;
@group(0) @binding(3) var<storage, read_write> result: array<u32>;

// Digits by quad of depth and by row or column: of left, the places 0 to 3, the places 4 to 7; of right likewise.
const HIGH = QUADS * TILE;
const RIGHT = 2u * HIGH;
var<workgroup> tiles: array<vec4u, 4u * HIGH>;

fn word(of_left: bool, at: u32, within: bool) -> u32 {
  if (!within) {
    return 0u;
  }
  if (of_left) {
    return left[at];
  }
  return right[at];
}

// The four digits of four words.
fn digits(words: vec4u) -> vec4u {
  return vec4u(
    pack4xU8(words),
    pack4xU8(words >> vec4u(8u)),
    pack4xU8(words >> vec4u(16u)),
    pack4xU8(words >> vec4u(24u)),
  );
}

// Sums of products by the sum of their digits' places: 0, 1, 2, 3.
fn first_places(a: vec4u, b: vec4u) -> vec4u {
  return vec4u(
    dot4U8Packed(a.x, b.x),
    dot4U8Packed(a.x, b.y) + dot4U8Packed(a.y, b.x),
    dot4U8Packed(a.x, b.z) + dot4U8Packed(a.y, b.y) + dot4U8Packed(a.z, b.x),
    dot4U8Packed(a.x, b.w) + dot4U8Packed(a.y, b.z) + dot4U8Packed(a.z, b.y) + dot4U8Packed(a.w, b.x),
  );
}

// And 4, 5, 6.
fn last_places(a: vec4u, b: vec4u) -> vec4u {
  return vec4u(
    dot4U8Packed(a.y, b.w) + dot4U8Packed(a.z, b.z) + dot4U8Packed(a.w, b.y),
    dot4U8Packed(a.z, b.w) + dot4U8Packed(a.w, b.z),
    dot4U8Packed(a.w, b.w),
    0u,
  );
}

// Digits at the places 0 to 3 and 4 to 7; or sums of products for these places, of which the latter may wrap.
struct Places {
  low: vec4u,
  high: vec4u,
}

fn multiply_add(sum: Places, a: Places, b: Places) -> Places {
  var high = sum.high + last_places(a.low, b.low);
  if (u.left_words == 2u) {
    high += first_places(a.high, b.low);
  }
  if (u.right_words == 2u) {
    high += first_places(a.low, b.high);
  }
  return Places(sum.low + first_places(a.low, b.low), high);
}

fn word_pair(sum: Places) -> vec2u {
  let s = sum.low;
  let h = sum.high;
  var total = vec2u(s.x, h.x + (h.y << 8u) + (h.z << 16u) + (h.w << 24u));
  total = add64(total, vec2u(s.y << 8u, s.y >> 24u));
  total = add64(total, vec2u(s.z << 16u, s.z >> 16u));
  return add64(total, vec2u(s.w << 24u, s.w >> 8u));
}

fn store(row: u32, column: u32, base: u32, sum: Places) {
  if (row < u.rows && column < u.columns) {
    let at = base + row * u.out.row + column * u.out.column;
    let total = add64(vec2u(result[at], result[u.out_n + at]), word_pair(sum));
    result[at] = total.x;
    result[u.out_n + at] = total.y;
  }
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let tile = tile_of(group, groups, TILE, TILE);
  if (!tile.exists) {
    return;
  }

  // Every thread fills one place of one of the four arrays: by halves left and right, by quarters low and high words.
  let fills_left = thread < RIGHT;
  let plane = (thread / HIGH) % 2u;
  let filled = thread % HIGH;
  let quad = select(filled / TILE, filled % QUADS, fills_left);
  let line = select(filled % TILE, filled / QUADS, fills_left);
  let row = tile.first_row + line;
  let column = tile.first_column + line;
  let left_origin = plane * u.left_n + tile.left_base + row * u.left.row;
  let right_origin = plane * u.right_n + tile.right_base + column * u.right.column;
  let origin = select(right_origin, left_origin, fills_left);
  let stride = select(u.right.row, u.left.column, fills_left);
  let within = select(plane < u.right_words && column < u.columns, plane < u.left_words && row < u.rows, fills_left);

  let x = thread % 8u;
  let y = thread / 8u;
  for (var section = 0u; section < u.depth; section += SECTION) {
    var sum0 = Places();
    var sum1 = Places();
    var sum2 = Places();
    var sum3 = Places();
    for (var start = section; start < min(u.depth, section + SECTION); start += DEPTH) {
      let step = start + 4u * quad;
      let live = select(0u, u.depth - min(step, u.depth), within);
      let at = origin + step * stride;
      tiles[thread - filled + quad * TILE + line] = digits(vec4u(
        word(fills_left, at, live > 0u),
        word(fills_left, at + stride, live > 1u),
        word(fills_left, at + 2u * stride, live > 2u),
        word(fills_left, at + 3u * stride, live > 3u),
      ));
      workgroupBarrier();
      for (var k = 0u; k < QUADS * TILE; k += TILE) {
        let p = k + y;
        let q = k + x + RIGHT;
        let factor = Places(tiles[p], tiles[p + HIGH]);
        sum0 = multiply_add(sum0, factor, Places(tiles[q], tiles[q + HIGH]));
        sum1 = multiply_add(sum1, factor, Places(tiles[q + 8u], tiles[q + 8u + HIGH]));
        sum2 = multiply_add(sum2, factor, Places(tiles[q + 16u], tiles[q + 16u + HIGH]));
        sum3 = multiply_add(sum3, factor, Places(tiles[q + 24u], tiles[q + 24u + HIGH]));
      }
      workgroupBarrier();
    }
    store(tile.first_row + y, tile.first_column + x, tile.out_base, sum0);
    store(tile.first_row + y, tile.first_column + x + 8u, tile.out_base, sum1);
    store(tile.first_row + y, tile.first_column + x + 16u, tile.out_base, sum2);
    store(tile.first_row + y, tile.first_column + x + 24u, tile.out_base, sum3);
  }
}
