using System.Globalization;
using System.Text;

namespace OpsMonitor.Web.Lists;

/// <summary>
/// Comma-separated lines (RFC 4180) that are safe to open in a spreadsheet: a cell that begins as a formula does, with = + - @ tab or return, gets an
/// apostrophe before it, so that it is read as text.
/// </summary>
internal static class CsvText
{
    private const string Formula = "=+-@\t\r\n＝＋－＠"; // the wide ones are taken for the narrow by some

    public static void Line(StringBuilder text, params ReadOnlySpan<string?> cells)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            if (i > 0) text.Append(',');
            Cell(text, cells[i] ?? "");
        }
        text.Append("\r\n");
    }

    public static string Number(decimal? value) => value?.ToString("0.######", CultureInfo.InvariantCulture) ?? "";

    private static void Cell(StringBuilder text, string cell)
    {
        if (cell.Length > 0 && Formula.Contains(cell[0], StringComparison.Ordinal)) cell = "'" + cell;
        if (cell.AsSpan().IndexOfAny(",\"\r\n\t;'") < 0) text.Append(cell);
        else text.Append('"').Append(cell.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }
}
