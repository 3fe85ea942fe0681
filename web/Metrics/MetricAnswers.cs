using System.Text.Json;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Metrics;

/// <summary>Numbers as answers of the API: each with its window, its age and the formulas of its rates.</summary>
internal static class MetricAnswers
{
    /// <summary>What a department's card shows of the table, in the words of the definitions.</summary>
    private static readonly string[] OnCard =
    [
        "dispatch.accepted_on_time", "dispatch.first_accuracy", "dispatch.reply_on_time", "dispatch.reply_satisfaction", "dispatch.return_rate", "escalation_rate",
        "fcr.ticket", "hops", "on_the_spot", "ping_pong", "reopen_rate", "repeat_rate", "resolution.on_time", "survey.resolved", "survey.response", "survey.satisfied",
        "three_rates", "tickets.closed", "tickets.created", "tickets.open", "time_ledger",
    ];

    public static void WriteTable(Utf8JsonWriter json, Window window, long now, long lastEventAt, IReadOnlyDictionary<string, object?> table)
    {
        WriteHead(json, window, now, lastEventAt);
        json.WritePropertyName("metrics");
        MetricJson.Write(json, table);
        WriteFormulas(json, table);
    }

    /// <summary>One card for each department that any event or file named, in ordinal order; no ranking.</summary>
    public static Action<Utf8JsonWriter> Scorecards(IOpsHost host, BoardDirectory directory, Query query, Reach reach)
    {
        var now = host.Now;
        var (window, live) = query.Window(directory, "all", now);
        var (cards, last) = host.Read(tally => (Departments(tally, directory).Where(reach.Sees).Select(id => (id, CardOf(tally, directory, query, id, now))).ToList(), tally.LastEventAt));
        return json =>
        {
            WriteHead(json, window, now, last);
            json.WriteStartArray("departments");
            foreach (var (id, table) in cards)
            {
                json.WriteStartObject();
                json.WriteString("department", id);
                json.WritePropertyName("title");
                JsonSerializer.Serialize(json, live ? directory.Department(id) : directory.DepartmentAt(id, window.To - 1), BoardCells.Wire);
                json.WritePropertyName("metrics");
                MetricJson.Write(json, table);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            if (cards.Count > 0) WriteFormulas(json, cards[0].Item2);
        };
    }

    /// <summary>Those in memory and those whose rows left it, newest first, at most 1,000.</summary>
    internal static List<Revocation> Revoked(IOpsHost host, string scope, Window window) =>
        Whole.Read(host, rows => rows?.Revocations(window.From) ?? [], (tally, kept) => tally.Revocations().Concat(kept.Where(k => !tally.Has(k.Who)).SelectMany(k => k.Revoked))
            .Where(r => r.At >= window.From && r.At < window.To && Report.Covers(scope, r.Queue, r.Department)).OrderByDescending(r => r.At).ThenBy(r => r.Contact).Take(1_000).ToList());

    /// <summary>First contacts that were shown as resolved until a repeat came: which, when and because of whom. Newest first, at most 1,000.</summary>
    public static Action<Utf8JsonWriter> Revocations(IOpsHost host, BoardDirectory directory, Query query, Reach reach)
    {
        var (scope, now) = (reach.Within(query.Scope()), host.Now);
        var (window, _) = query.Window(directory, scope, now);
        var (all, last) = (Revoked(host, scope, window), host.Read(static tally => tally.LastEventAt));
        return json =>
        {
            WriteHead(json, window, now, last);
            json.WriteStartArray("items");
            foreach (var r in all)
            {
                json.WriteStartObject();
                json.WriteString("contact", r.Contact.ToString());
                json.WriteString("metric", "fcr.provisional");
                json.WriteString("reason", "repeat_contact");
                json.WriteString("repeat", r.By.ToString());
                RowJson.WriteTime(json, "at", r.At);
                json.WriteString("queue_id", r.Queue);
                json.WriteString("department_id", r.Department);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        };
    }

    private static SortedSet<string> Departments(Tally tally, BoardDirectory directory)
    {
        var ids = new SortedSet<string>(directory.Departments, StringComparer.Ordinal);
        foreach (var (scope, _) in tally.Books.All)
            if (scope.StartsWith("department/", StringComparison.Ordinal)) ids.Add(scope["department/".Length..]);
        return ids;
    }

    /// <summary>One department's card for its day so far.</summary>
    public static SortedDictionary<string, object?> Card(IOpsHost host, BoardDirectory directory, string id)
    {
        var query = new Query(new QueryCollection(), "window");
        return host.Read(tally => CardOf(tally, directory, query, id, host.Now));
    }

    private static SortedDictionary<string, object?> CardOf(Tally tally, BoardDirectory directory, Query query, string id, long now)
    {
        var scope = "department/" + id;
        var (window, live) = query.Window(directory, scope, now); // today is the department's own
        var table = Report.Of(tally, scope, window, live);
        var card = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var name in OnCard) card[name] = table[name];
        return card;
    }

    private static void WriteHead(Utf8JsonWriter json, Window window, long now, long lastEventAt)
    {
        json.WriteStartObject("window");
        RowJson.WriteTime(json, "from", window.From);
        RowJson.WriteTime(json, "to", window.To);
        json.WriteEndObject();
        RowJson.WriteTime(json, "as_of", now);
        if (lastEventAt == long.MinValue) json.WriteNull("age_s"); else json.WriteNumber("age_s", Math.Max(0, now - lastEventAt) / 1000m);
    }

    private static void WriteFormulas(Utf8JsonWriter json, IReadOnlyDictionary<string, object?> table)
    {
        json.WriteStartObject("formulas");
        foreach (var (name, value) in table)
        {
            if (value is Ratio && FormulaNames.Of(name) is { } formula) json.WriteString(name, formula);
            if (name != "service_level" || value is not IReadOnlyDictionary<string, object?> modes) continue;
            foreach (var mode in modes.Keys) json.WriteString($"service_level/{mode}", FormulaNames.Of($"service_level/{mode}"));
        }
        json.WriteEndObject();
    }
}
