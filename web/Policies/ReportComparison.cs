using System.Text.Json;

namespace OpsMonitor.Web.Policies;

/// <summary>What-if over the past: two reports of <c>replay</c> over the same events under different policies, number by number.</summary>
public static class ReportComparison
{
    /// <summary>Writes a line for each total that differs: scope, metric, before, after. A metric that one report lacks is <c>-</c>.</summary>
    /// <exception cref="JsonException">A text is no JSON.</exception>
    public static void Write(TextWriter output, string before, string after)
    {
        var (was, will) = (Numbers(before), Numbers(after));
        foreach (var key in was.Keys.Union(will.Keys).Order())
        {
            var (a, b) = (was.GetValueOrDefault(key, "-"), will.GetValueOrDefault(key, "-"));
            if (a != b) output.WriteLine($"{key.Scope}\t{key.Metric}\t{a}\t{b}");
        }
    }

    private static SortedDictionary<(string Scope, string Metric), string> Numbers(string report)
    {
        var all = new SortedDictionary<(string, string), string>(Comparer<(string, string)>.Create((x, y) =>
            string.CompareOrdinal(x.Item1, y.Item1) is var order and not 0 ? order : string.CompareOrdinal(x.Item2, y.Item2)));
        using var document = JsonDocument.Parse(report);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("scopes", out var scopes)) throw new JsonException("'scopes' is missing");
        foreach (var scope in scopes.EnumerateObject())
            if (scope.Value.TryGetProperty("total", out var total)) Collect(all, scope.Name, "", total);
        return all;
    }

    private static void Collect(SortedDictionary<(string, string), string> into, string scope, string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object && !value.TryGetProperty("num", out _))
            foreach (var member in value.EnumerateObject()) Collect(into, scope, name.Length == 0 ? member.Name : $"{name}/{member.Name}", member.Value);
        else if (value.ValueKind == JsonValueKind.Object) // a rate: its parts say more than its quotient
            into[(scope, name)] = $"{value.GetProperty("value").GetRawText()} ({value.GetProperty("num").GetRawText()}/{value.GetProperty("n").GetRawText()})";
        else into[(scope, name)] = value.GetRawText();
    }
}
