// Batched matrix product modulo 2^64, added to what is there: a workgroup makes a tile of 32 x 32, a thread 4 x 4 of it, spread 8
// apart so that neighbouring threads touch neighbouring words. Places beyond the edges read as zero and are not written.
// The carry of a running sum is the comparison of the sum with the summand.

const TILE = 32u;
// Not deeper: workgroup memory is cleared before use, and a software adapter spells every cleared word out as code.
const DEPTH = 8u;
// A longer pitch than the tile keeps the threads that fill a column of the tile on different memory banks.
const PITCH = 33u;

@group(0) @binding(1) var<storage, read> left: array<u32>;
@group(0) @binding(2) var<storage, read> right: array<u32>;
@group(0) @binding(3) var<storage, read_write> result: array<u32>;

var<workgroup> left_tile: array<u32, DEPTH * PITCH>;
var<workgroup> left_tile_high: array<u32, DEPTH * PITCH>;
var<workgroup> right_tile: array<u32, DEPTH * PITCH>;
var<workgroup> right_tile_high: array<u32, DEPTH * PITCH>;

// The high words of four 32 x 32 products, by halves.
fn multiply_high4(a: u32, b: vec4u) -> vec4u {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & vec4u(0xffffu);
  let b1 = b >> vec4u(16u);
  let cross = a1 * b0 + ((a0 * b0) >> vec4u(16u));
  let other = a0 * b1 + (cross & vec4u(0xffffu));
  return a1 * b1 + (cross >> vec4u(16u)) + (other >> vec4u(16u));
}

struct Wide4 {
  low: vec4u,
  high: vec4u,
}

fn multiply_add(sum: Wide4, a: vec2u, b: Wide4) -> Wide4 {
  let product = a.x * b.low;
  let low = sum.low + product;
  return Wide4(low, sum.high + multiply_high4(a.x, b.low) + a.x * b.high + a.y * b.low + vec4u(low < product));
}

fn store(at: u32, sum: vec2u) {
  let total = add64(vec2u(result[at], result[u.out_n + at]), sum);
  result[at] = total.x;
  result[u.out_n + at] = total.y;
}

fn store_row(row: u32, column: u32, base: u32, sum: Wide4) {
  if (row >= u.rows) {
    return;
  }
  for (var c = 0u; c < 4u; c++) {
    let j = column + 8u * c;
    if (j < u.columns) {
      store(base + row * u.out.row + j * u.out.column, vec2u(sum.low[c], sum.high[c]));
    }
  }
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let tile = tile_of(group, groups, TILE, TILE);
  if (!tile.exists) {
    return;
  }

  let x = thread % 8u;
  let y = thread / 8u;
  var sum0 = Wide4();
  var sum1 = Wide4();
  var sum2 = Wide4();
  var sum3 = Wide4();
  for (var start = 0u; start < u.depth; start += DEPTH) {
    for (var at = thread; at < TILE * DEPTH; at += 64u) {
      let k = at % DEPTH;
      let i = at / DEPTH;
      var left_word = vec2u();
      if (tile.first_row + i < u.rows && start + k < u.depth) {
        let source = tile.left_base + (tile.first_row + i) * u.left.row + (start + k) * u.left.column;
        left_word.x = left[source];
        if (u.left_words == 2u) {
          left_word.y = left[u.left_n + source];
        }
      }
      left_tile[k * PITCH + i] = left_word.x;
      left_tile_high[k * PITCH + i] = left_word.y;
      let l = at / TILE;
      let j = at % TILE;
      var right_word = vec2u();
      if (tile.first_column + j < u.columns && start + l < u.depth) {
        let source = tile.right_base + (start + l) * u.right.row + (tile.first_column + j) * u.right.column;
        right_word.x = right[source];
        if (u.right_words == 2u) {
          right_word.y = right[u.right_n + source];
        }
      }
      right_tile[l * PITCH + j] = right_word.x;
      right_tile_high[l * PITCH + j] = right_word.y;
    }
    workgroupBarrier();
    for (var k = 0u; k < min(DEPTH, u.depth - start); k++) {
      let p = k * PITCH + y;
      let q = k * PITCH + x;
      let words = Wide4(
        vec4u(right_tile[q], right_tile[q + 8u], right_tile[q + 16u], right_tile[q + 24u]),
        vec4u(right_tile_high[q], right_tile_high[q + 8u], right_tile_high[q + 16u], right_tile_high[q + 24u]),
      );
      sum0 = multiply_add(sum0, vec2u(left_tile[p], left_tile_high[p]), words);
      sum1 = multiply_add(sum1, vec2u(left_tile[p + 8u], left_tile_high[p + 8u]), words);
      sum2 = multiply_add(sum2, vec2u(left_tile[p + 16u], left_tile_high[p + 16u]), words);
      sum3 = multiply_add(sum3, vec2u(left_tile[p + 24u], left_tile_high[p + 24u]), words);
    }
    workgroupBarrier();
  }

  store_row(tile.first_row + y, tile.first_column + x, tile.out_base, sum0);
  store_row(tile.first_row + y + 8u, tile.first_column + x, tile.out_base, sum1);
  store_row(tile.first_row + y + 16u, tile.first_column + x, tile.out_base, sum2);
  store_row(tile.first_row + y + 24u, tile.first_column + x, tile.out_base, sum3);
}
