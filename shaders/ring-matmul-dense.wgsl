// Batched matrix product modulo 2^32, added to what is there, of operands whose rows lie densely and start at multiples of four words: they
// are read four words at a time, one load for what ring-matmul.wgsl needs four for. A workgroup makes a tile of 64 x 32, a thread 8 x 4
// of it. Quads of a row are wholly inside or wholly outside; what is outside reads as zero and is not written.

const ROWS = 64u;
const COLUMNS = 32u;
// Not deeper: workgroup memory is cleared before use, and a software adapter spells every cleared word out as code.
const DEPTH = 8u;
const QUADS = COLUMNS / 4u;

@group(0) @binding(1) var<storage, read> left: array<vec4u>;
@group(0) @binding(2) var<storage, read> right: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> result: array<vec4u>;

// A quad holds four steps of depth of one row. The odd pitch keeps the threads that fill a column of it on different memory banks.
const PITCH = ROWS + 1u;
var<workgroup> left_tile: array<vec4u, DEPTH / 4u * PITCH>;
var<workgroup> right_tile: array<vec4u, DEPTH * QUADS>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let tile = tile_of(group, groups, ROWS, COLUMNS);
  if (!tile.exists) {
    return;
  }

  let x = thread % QUADS;
  let y = thread / QUADS;
  var sums: array<vec4u, 8>;
  for (var start = 0u; start < u.depth; start += DEPTH) {
    for (var at = thread; at < ROWS * DEPTH / 4u; at += 64u) {
      let k = at % (DEPTH / 4u);
      let i = at / (DEPTH / 4u);
      var quad = vec4u();
      if (tile.first_row + i < u.rows && start + 4u * k < u.depth) {
        quad = left[(tile.left_base + (tile.first_row + i) * u.left.row + start) / 4u + k];
      }
      left_tile[k * PITCH + i] = quad;
    }
    var quad = vec4u();
    if (tile.first_column + 4u * x < u.columns && start + y < u.depth) {
      quad = right[(tile.right_base + (start + y) * u.right.row + tile.first_column) / 4u + x];
    }
    right_tile[y * QUADS + x] = quad;
    workgroupBarrier();
    for (var k = 0u; k < DEPTH / 4u; k++) {
      let words0 = right_tile[4u * k * QUADS + x];
      let words1 = right_tile[(4u * k + 1u) * QUADS + x];
      let words2 = right_tile[(4u * k + 2u) * QUADS + x];
      let words3 = right_tile[(4u * k + 3u) * QUADS + x];
      for (var r = 0u; r < 8u; r++) {
        let factors = left_tile[k * PITCH + y + 8u * r];
        sums[r] += factors.x * words0 + factors.y * words1 + factors.z * words2 + factors.w * words3;
      }
    }
    workgroupBarrier();
  }

  let column = tile.first_column + 4u * x;
  if (column >= u.columns) {
    return;
  }
  let base = tile.out_base + column;
  for (var r = 0u; r < 8u; r++) {
    let row = tile.first_row + y + 8u * r;
    if (row < u.rows) {
      result[(base + row * u.out.row) / 4u] += sums[r];
    }
  }
}
