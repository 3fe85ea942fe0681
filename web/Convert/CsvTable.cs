using System.Globalization;
using CsvHelper;
using NodaTime.Text;

namespace OpsMonitor.Web.Conversion;

/// <summary>A delimited log with a header, row by row. Whatever is wrong with it is a <see cref="FormatException"/> naming the line.</summary>
internal sealed class CsvTable(TextReader input, char separator) : IDisposable
{
    private readonly CsvReader reader = CsvReader.Create(
        input, new CsvReaderOptions { Separator = separator, TrackLineNumbers = true, PoolStrings = true }, leaveOpen: true);

    /// <summary>Steps to the next row; false at the end.</summary>
    public bool Read()
    {
        try
        {
            return reader.Read();
        }
        catch (CsvFormatException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    /// <summary>The text of a column in this row, without blanks around it.</summary>
    public string Text(string column)
    {
        try
        {
            return reader.TryGetFieldIndex(column, out var index) ? reader.GetString(index).Trim() : throw Bad($"no column '{column}'");
        }
        catch (CsvFormatException e)
        {
            throw Bad($"no value for '{column}'", e);
        }
    }

    public long Line => reader.LineNumber;

    /// <summary>The row's fields as they are, for one that has too many or too few.</summary>
    public string Raw => string.Join(separator, Enumerable.Range(0, reader.FieldCount).Select(reader.GetString));

    /// <summary>The whole row, by the names of the header; a row of another width than the header is a <see cref="FormatException"/>.</summary>
    public Dictionary<string, string> Fields()
    {
        var columns = reader.Headers;
        if (reader.FieldCount != columns.Count) throw Bad($"{reader.FieldCount} fields where the header has {columns.Count}");
        var fields = new Dictionary<string, string>(columns.Count, StringComparer.Ordinal);
        for (var i = 0; i < columns.Count; i++) fields[columns[i]] = reader.GetString(i);
        return fields;
    }

    public T Value<T>(string column, IPattern<T> pattern)
    {
        var text = Text(column);
        var parsed = pattern.Parse(text);
        return parsed.Success ? parsed.Value : throw Bad($"'{text}' in {column} is not a time of this log");
    }

    public int Integer(string column)
    {
        var text = Text(column);
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n)
            ? n
            : throw Bad($"'{text}' in {column} is not a whole number");
    }

    public FormatException Bad(string what, Exception? cause = null) => new($"line {reader.LineNumber}: {what}", cause);

    public void Dispose() => reader.Dispose();
}
