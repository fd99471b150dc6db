//! Columns for people. By hand because table crates draw frames, wrap and measure terminals; these columns are also read by scripts.

/// `rows` in columns as wide as they need to be; one that is empty everywhere takes no room.
pub(crate) fn text<const N: usize>(rows: &[[String; N]]) -> String {
    lines(rows).into_iter().map(|line| line + "\n").collect()
}

/// As [`text`], line by line.
pub(crate) fn lines<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).filter(|(_, width)| *width > 0);
        let cells: Vec<String> = cells.map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_empty_column_takes_no_room() {
        let rows = [["a", "", "b"], ["cc", "", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(super::text(&rows), "a   b\ncc\n");
        assert_eq!(super::text::<1>(&[]), "");
    }
}
