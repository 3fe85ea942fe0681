using System.Globalization;
using System.Text.Json;

namespace OpsMonitor.Web.Explain;

/// <summary>An explanation for a person at a terminal, from its JSON: the same words for a file and for a server.</summary>
public static class ExplainText
{
    public static void Write(TextWriter output, JsonElement explanation)
    {
        output.WriteLine($"ticket {Text(explanation, "ticket")}, as of {Text(explanation, "as_of")}");
        foreach (var clock in explanation.GetProperty("clocks").EnumerateArray()) Write(output, clock, "clock");
        var ledger = explanation.GetProperty("time_ledger");
        output.WriteLine();
        output.WriteLine($"time ledger: {Length(ledger.GetProperty("total_ms").GetInt64())} in all");
        foreach (var part in ledger.GetProperty("parts").EnumerateArray())
            output.WriteLine($"  {Length(part.GetProperty("ms").GetInt64()),14}  {Text(part, "holder")} {Text(part, "department_id")}".TrimEnd());
    }

    private static void Write(TextWriter output, JsonElement clock, string word)
    {
        output.WriteLine();
        var round = clock.GetProperty("round").GetInt32() is > 1 and var n ? $" (round {n})" : "";
        output.WriteLine($"{word} {Text(clock, "id")}{round}: {Text(clock, "state")}, due {Text(clock, "due_at", "none while paused")}");
        output.WriteLine($"  {Text(clock, "limit")} on calendar {Text(clock, "calendar")} ({Text(clock, "time_zone")}) from {Text(clock, "counted_from")}; policy {Text(clock, "policy")} version {clock.GetProperty("version").GetInt32()}");
        foreach (var reason in clock.GetProperty("policies").EnumerateArray())
            output.WriteLine($"    {(reason.GetProperty("chosen").GetBoolean() ? "*" : " ")} {Text(reason, "policy")} {reason.GetProperty("version").GetInt32()}: {Text(reason, "why")}");
        foreach (var s in clock.GetProperty("stretches").EnumerateArray())
            output.WriteLine($"  {Text(s, "from")}  {Text(s, "to")}  {Length(s.GetProperty("ms").GetInt64()),14}  {Text(s, "kind")}{(s.TryGetProperty("why", out var why) ? $" ({why.GetString()})" : "")}");
        if (clock.GetProperty("stopped_at").ValueKind == JsonValueKind.String) output.WriteLine($"  stopped {Text(clock, "stopped_at")}, late {Length(clock.GetProperty("late_ms").GetInt64())}");
    }

    private static string Text(JsonElement element, string name, string none = "") =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : none;

    /// <summary>Days, hours, minutes and seconds: 3d 04:05:06.</summary>
    private static string Length(long ms)
    {
        var span = TimeSpan.FromMilliseconds(ms);
        var clock = span.ToString(span.Milliseconds == 0 ? @"hh\:mm\:ss" : @"hh\:mm\:ss\.fff", CultureInfo.InvariantCulture);
        return span.Days == 0 ? clock : $"{span.Days}d {clock}";
    }
}
