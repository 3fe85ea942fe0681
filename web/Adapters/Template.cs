using System.Text;
using OpsMonitor.Web.Conversion;

namespace OpsMonitor.Web.Adapters;

/// <summary>
/// Text with fields in it: <c>ticket/{SR Number}</c>. A field may be followed by what is done to it: <c>{Group|slug}</c>,
/// <c>{queueArn|after:/}</c>, <c>{Status|lower}</c>.
/// </summary>
public sealed class Template
{
    /// <param name="Path">null for plain text</param>
    private sealed record Part(string Text, string? Path, IReadOnlyList<string> Filters);

    private readonly List<Part> _parts = [];

    /// <summary>No field stands in it.</summary>
    public bool IsConstant => _parts.TrueForAll(p => p.Path is null);

    /// <summary>Reads a template; null and a complaint where it cannot be one.</summary>
    public static Template? Parse(string text, out string? why)
    {
        var template = new Template();
        why = null;
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf('{', at);
            if (open != at)
            {
                var end = open < 0 ? text.Length : open;
                template._parts.Add(new(text[at..end], null, []));
                at = end;
                continue;
            }
            var close = text.IndexOf('}', open);
            why = close < 0 ? $"'{text}' opens a field with '{{' and does not close it" : template.AddField(text[(open + 1)..close]);
            if (why is not null) return null;
            at = close + 1;
        }
        return template;
    }

    /// <summary>The text for a row; null and the field that has no value where one has none.</summary>
    public string? Fill(Row row, out string? missing)
    {
        missing = null;
        if (_parts is [{ Path: null } only]) return only.Text;
        var text = new StringBuilder();
        foreach (var part in _parts)
        {
            var value = part.Path is null ? part.Text : Filtered(row.Text(part.Path), part.Filters);
            if (value is null)
            {
                missing = part.Path;
                return null;
            }
            text.Append(value);
        }
        return text.ToString();
    }

    private string? AddField(string inner)
    {
        var pieces = inner.Split('|');
        if (pieces[0].Trim().Length == 0) return "a field needs a name between '{' and '}'";
        foreach (var filter in pieces.Skip(1))
        {
            if (filter is not ("slug" or "lower" or "upper") && !(filter.StartsWith("after:", StringComparison.Ordinal) && filter.Length > 6))
                return $"'{filter}' is nothing that can be done to a field; known are slug, lower, upper, after:TEXT";
        }
        _parts.Add(new("", pieces[0].Trim(), pieces[1..]));
        return null;
    }

    private static string? Filtered(string? value, IReadOnlyList<string> filters)
    {
        foreach (var filter in filters)
        {
            if (value is null) return null;
            value = filter switch
            {
                "slug" => LogText.Slug(value),
                "lower" => value.ToLowerInvariant(),
                "upper" => value.ToUpperInvariant(),
                _ => AfterLast(value, filter[6..]),
            };
        }
        return value;
    }

    private static string? AfterLast(string value, string mark)
    {
        var rest = value[(value.LastIndexOf(mark, StringComparison.Ordinal) is var at and >= 0 ? at + mark.Length : 0)..];
        return rest.Length == 0 ? null : rest;
    }
}
