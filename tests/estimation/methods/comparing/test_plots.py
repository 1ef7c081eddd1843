"""Tables and curves as pictures."""

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from estimation.methods.comparing.measured import DASH, Column, Rows, Table
from estimation.methods.comparing.plots import draw_picture, fill_table
from estimation.pictures import read_picture

HEAD = ["", "parameters", "steps", "seconds to\ntrain", "IoU in the\nband of 2 px", "W"]
LINES = [
    ["encoder_decoder", "435,778", "1,819", "86", "0.722", "0.1"],
    ["mean mask", DASH, DASH, DASH, "0.374", "12,345.67"],
]


def test_no_text_of_the_table_leaves_its_cell() -> None:
    figure = Figure(figsize=(6.5, 1.5), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots()
    fill_table(axes, [HEAD, *LINES])
    canvas.draw()
    (table,) = axes.tables
    for cell in table.get_celld().values():
        text, box = cell.get_text().get_window_extent(), cell.get_window_extent()
        if cell.get_text().get_text():
            assert box.x0 < text.x0 < text.x1 < box.x1, cell.get_text().get_text()
            assert box.y0 < text.y0 < text.y1 < box.y1, cell.get_text().get_text()


def test_the_picture_is_as_wide_as_its_table_needs(tmp_path: Path) -> None:
    short = [["", "MAE"], ["unet", "0.5"]]
    long = [["", *["a long name of a column"] * 9], ["unet", *["123,456.78"] * 9]]
    table = Table("Errors", (Column("MAE", "MAE"),))
    widths = []
    for lines in (short, long):
        path = tmp_path / "picture.png"
        path.write_bytes(draw_picture(table, lines, "How many?", None, Rows(())))
        widths.append(read_picture(path).shape[1])
    assert widths[1] > 2 * widths[0]
