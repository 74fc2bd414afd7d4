// What the kernels of batched matrix products share: the shape of a product, and which tile of it a workgroup makes.

struct Strides {
  outer: u32,
  inner: u32,
  row: u32,
  column: u32,
}

// What comes after depth is of operands with two words: kernels for one word do not read it.
struct Uniforms {
  left: Strides,
  right: Strides,
  out: Strides,
  outer: u32,
  inner: u32,
  rows: u32,
  columns: u32,
  depth: u32,
  out_n: u32,
  left_n: u32,
  right_n: u32,
  left_words: u32,
  right_words: u32,
}

@group(0) @binding(0) var<uniform> u: Uniforms;

struct Tile {
  // More workgroups than tiles may have been started.
  exists: bool,
  first_row: u32,
  first_column: u32,
  // Where the matrices begin that it is of.
  left_base: u32,
  right_base: u32,
  out_base: u32,
}

fn tile_of(group: vec3u, groups: vec3u, tile_rows: u32, tile_columns: u32) -> Tile {
  let across = (u.columns + tile_columns - 1u) / tile_columns;
  let down = (u.rows + tile_rows - 1u) / tile_rows;
  let tile = group.y * groups.x + group.x;
  let batch = tile / (across * down);
  let b = batch / u.inner;
  let c = batch % u.inner;
  return Tile(
    tile < across * down * u.outer * u.inner,
    ((tile / across) % down) * tile_rows,
    (tile % across) * tile_columns,
    b * u.left.outer + c * u.left.inner,
    b * u.right.outer + c * u.right.inner,
    b * u.out.outer + c * u.out.inner,
  );
}
