// Batched matrix product modulo 2^32, added to what is there: a workgroup makes a tile of 32 x 32, a thread 4 x 4 of it, spread 8
// apart so that neighbouring threads touch neighbouring words. Places beyond the edges read as zero and are not written.

const TILE = 32u;
// Not deeper: workgroup memory is cleared before use, and a software adapter spells every cleared word out as code.
const DEPTH = 8u;
// A longer pitch than the tile keeps the threads that fill a column of the tile on different memory banks.
const PITCH = 33u;

@group(0) @binding(1) var<storage, read> left: array<u32>;
@group(0) @binding(2) var<storage, read> right: array<u32>;
@group(0) @binding(3) var<storage, read_write> result: array<u32>;

var<workgroup> left_tile: array<u32, DEPTH * PITCH>;
var<workgroup> right_tile: array<u32, DEPTH * PITCH>;

fn store_row(row: u32, column: u32, base: u32, sum: vec4u) {
  if (row >= u.rows) {
    return;
  }
  for (var c = 0u; c < 4u; c++) {
    let j = column + 8u * c;
    if (j < u.columns) {
      result[base + row * u.out.row + j * u.out.column] += sum[c];
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
  var sum0 = vec4u();
  var sum1 = vec4u();
  var sum2 = vec4u();
  var sum3 = vec4u();
  for (var start = 0u; start < u.depth; start += DEPTH) {
    for (var at = thread; at < TILE * DEPTH; at += 64u) {
      let k = at % DEPTH;
      let i = at / DEPTH;
      var left_word = 0u;
      if (tile.first_row + i < u.rows && start + k < u.depth) {
        left_word = left[tile.left_base + (tile.first_row + i) * u.left.row + (start + k) * u.left.column];
      }
      left_tile[k * PITCH + i] = left_word;
      let l = at / TILE;
      let j = at % TILE;
      var right_word = 0u;
      if (tile.first_column + j < u.columns && start + l < u.depth) {
        right_word = right[tile.right_base + (start + l) * u.right.row + (tile.first_column + j) * u.right.column];
      }
      right_tile[l * PITCH + j] = right_word;
    }
    workgroupBarrier();
    for (var k = 0u; k < min(DEPTH, u.depth - start); k++) {
      let p = k * PITCH + y;
      let q = k * PITCH + x;
      let words = vec4u(right_tile[q], right_tile[q + 8u], right_tile[q + 16u], right_tile[q + 24u]);
      sum0 += left_tile[p] * words;
      sum1 += left_tile[p + 8u] * words;
      sum2 += left_tile[p + 16u] * words;
      sum3 += left_tile[p + 24u] * words;
    }
    workgroupBarrier();
  }

  store_row(tile.first_row + y, tile.first_column + x, tile.out_base, sum0);
  store_row(tile.first_row + y + 8u, tile.first_column + x, tile.out_base, sum1);
  store_row(tile.first_row + y + 16u, tile.first_column + x, tile.out_base, sum2);
  store_row(tile.first_row + y + 24u, tile.first_column + x, tile.out_base, sum3);
}
