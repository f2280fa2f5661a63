"""The table of hours and weekdays: the level of each cell."""

from reporting import charts


def test_heat_levels_are_sixths_of_the_highest_value():
    heat = charts.heat_table([[0, 0.1, 1.0], [3.0, 6.0, None]], ["Mon", "Tue"], ["00", "01", "02"], label="x")

    assert [[cell.level for cell in row.cells] for row in heat.rows] == [[0, 1, 1], [3, 6, None]]
    assert heat.rows[1].cells[2].text == "–"
    assert heat.rows[1].cells[1].title == "Tue 01: 6.0"
    assert heat.highest == "6.0"


def test_heat_turned_has_rows_for_columns():
    heat = charts.heat_table([[1, 2, 3], [4, 5, 6]], ["Mon", "Tue"], ["00", "01", "02"], label="x").turned()

    assert heat.columns == ("Mon", "Tue")
    assert [[cell.text for cell in row.cells] for row in heat.rows] == [["1.0", "4.0"], ["2.0", "5.0"], ["3.0", "6.0"]]


def test_heat_without_tickets_is_level_0():
    heat = charts.heat_table([[0, 0]], ["Mon"], ["00", "01"], label="x")

    assert {cell.css for cell in heat.rows[0].cells} == {"h0"}
