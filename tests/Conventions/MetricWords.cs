using System.Text.Json;
using System.Text.RegularExpressions;

namespace OpsMonitor.Tests.Conventions;

/// <summary>The word list of a language, and what it calls a number: read here by other code than the page's (<c>js/metrics.js</c>).</summary>
internal sealed partial class MetricWords
{
    public static readonly string[] Languages = ["en", "zh-Hans", "zh-Hant"];

    private readonly List<(string Key, Regex Path, int Fixed)> _names;

    private MetricWords(string language)
    {
        using var text = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(ConventionTests.Root, "web", "wwwroot", "i18n", language + ".json")));
        All = new(text.RootElement.EnumerateObject().ToDictionary(w => w.Name, w => w.Value.GetString()!), StringComparer.Ordinal);
        _names = [.. All.Keys.Where(k => k.StartsWith("m.", StringComparison.Ordinal))
            .Select(k => (k, new Regex($"^{string.Join("(.*?)", Place().Split(k[2..]).Select(Regex.Escape))}$", RegexOptions.Singleline | RegexOptions.CultureInvariant), Place().Replace(k, "").Length))];
    }

    public SortedDictionary<string, string> All { get; }

    public static MetricWords Of(string language) => new(language);

    public static IEnumerable<string> Places(string text) => Place().Matches(text).Select(m => m.Value[1..^1]);

    /// <summary>The key that names a path and what stands in its places; null for a path without a name.</summary>
    public (string Key, List<(string List, string Value)> Parts)? Find(string path)
    {
        var found = _names.Where(n => n.Path.IsMatch(path)).OrderByDescending(n => n.Fixed).FirstOrDefault();
        return found.Key is null ? null : (found.Key, [.. Places(found.Key).Zip(found.Path.Match(path).Groups.Values.Skip(1).Select(g => g.Value))]);
    }

    public string? Name(string path)
    {
        if (Find(path) is not { } found) return null;
        var parts = found.Parts.ToDictionary(p => p.List, p => All.GetValueOrDefault($"{p.List}.{p.Value}", p.Value));
        return Place().Replace(All[found.Key], m => parts[m.Value[1..^1]]);
    }

    [GeneratedRegex("\\{\\w+\\}")]
    private static partial Regex Place();
}
