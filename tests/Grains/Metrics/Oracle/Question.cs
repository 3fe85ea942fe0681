using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Tests.Grains.Metrics.Oracle;

/// <summary>
/// What is asked: the numbers of a scope over a window, of a plain list of events in their order, as known at an instant. Answers are written down by
/// the name of the metric. Shares only the vocabulary and the shape of a rate with the product.
/// </summary>
internal sealed class Question(IEnumerable<Event> events, string scope, long from, long to, long now, bool live)
{
    public List<Event> Events { get; } = [.. events.OrderBy(e => e.At)];

    public string Scope => scope;
    public long From => from;
    public long To => to;
    public long Now => now;
    public bool Live => live;

    public SortedDictionary<string, object?> Answers { get; } = new(StringComparer.Ordinal);

    public object? this[string name] { set => Answers[name] = value; }

    public bool Scoped(string? queue, string? department) => scope == "all" || scope == "queue/" + queue || scope == "department/" + department;

    public bool In(string? queue, string? department, long at) => Scoped(queue, department) && at >= from && at < to;

    public List<List<Event>> Stories(SubjectKind kind) => [.. Events.Where(e => e.Subject.Kind == kind).GroupBy(e => e.Subject).OrderBy(g => g.Key).Select(g => g.ToList())];

    public void Distribution(string name, IEnumerable<long> ms, string mean = "mean_s")
    {
        var sorted = ms.Order().ToList();
        this[name + mean] = sorted.Count == 0 ? null : Seconds((decimal)sorted.Sum() / sorted.Count);
        this[name + "p50_s"] = sorted.Count == 0 ? null
            : Seconds(sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + (decimal)sorted[sorted.Count / 2]) / 2);
        this[name + "p90_s"] = sorted.Count == 0 ? null : Seconds(sorted[(int)Math.Ceiling(0.9m * sorted.Count) - 1]);
    }

    public static decimal Seconds(decimal ms) => Math.Round(ms / 1000, 3, MidpointRounding.ToEven);

    /// <summary>A table as lines of text, nested ones with a slash; rates as their parts.</summary>
    public static SortedDictionary<string, string> Flat(IReadOnlyDictionary<string, object?> table)
    {
        var flat = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Walk("", table);
        return flat;

        void Walk(string prefix, IReadOnlyDictionary<string, object?> part)
        {
            foreach (var (name, value) in part)
                if (value is IReadOnlyDictionary<string, object?> nested) Walk($"{prefix}{name}|", nested);
                else
                    flat[prefix + name] = value switch
                    {
                        null => "no data",
                        Ratio r => $"{r.Num} of {r.N}",
                        decimal d => d.ToString("0.######", System.Globalization.CultureInfo.InvariantCulture),
                        _ => $"{value}",
                    };
        }
    }
}
