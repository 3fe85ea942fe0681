using System.Text.Json;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Web.Read;

namespace OpsMonitor.Web.Rules;

/// <summary>Rules and what became of trying them, as JSON.</summary>
internal static class RuleJson
{
    private const int Shown = 1_000;

    public static void Write(Utf8JsonWriter json, Rule rule, string? department = null)
    {
        var kind = RuleCatalog.All[(int)rule.Id];
        json.WriteStartObject();
        json.WriteString("rule", rule.Name);
        if (department is not null) json.WriteString("department", department);
        json.WriteBoolean("on", rule.On);
        json.WriteString("level", rule.Level == AlertLevel.Red ? "red" : "yellow");
        json.WriteString("to", rule.To);
        json.WriteNumber("version", rule.Version);
        json.WriteStartObject("settings");
        foreach (var setting in kind.Settings) json.WriteNumber(Words.Of(setting.Number), rule[setting.Number]);
        if (kind.WordsKey is { } key)
        {
            json.WriteStartArray(key);
            foreach (var word in rule.Words.All) json.WriteStringValue(word);
            json.WriteEndArray();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The members of the answer, into an object that is open.</summary>
    public static void Write(Utf8JsonWriter json, BackTestResult result)
    {
        json.WritePropertyName("tried");
        Write(json, result.Rule);
        RowJson.WriteTime(json, "from", result.From);
        RowJson.WriteTime(json, "to", result.To);
        json.WriteNumber("events", result.Events);
        json.WriteNumber("fired", result.Firings.Count);
        json.WriteNumber("acted_upon", result.Firings.Count(f => f.ActedAt is not null));
        json.WriteNumber("retracted", result.Retracted);
        json.WriteNumber("tickets", result.Firings.SelectMany(f => f.Tickets).Distinct().Count());
        json.WriteStartArray("firings");
        foreach (var firing in result.Firings.Take(Shown)) Write(json, firing);
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, Firing firing)
    {
        var due = firing.Alert.Due;
        json.WriteStartObject();
        RowJson.WriteTime(json, "raised_at", due.RaisedAt);
        RowJson.WriteTime(json, "ended_at", due.EndedAt);
        json.WriteString("department", due.DepartmentId);
        json.WriteString("subject", due.Subject.ToString());
        json.WriteString("clock", due.Clock);
        if (due.Finding is { } found)
        {
            json.WriteNumber("num", found.Num);
            json.WriteNumber("n", found.N);
            json.WriteNumber("limit", found.Limit);
        }
        RowJson.WriteTime(json, "acted_at", firing.ActedAt);
        json.WriteStartArray("tickets");
        foreach (var ticket in firing.Tickets) json.WriteStringValue(ticket.Id);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
