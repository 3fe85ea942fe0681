using System.Text.Json;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Tickets;

namespace OpsMonitor.Web.Explain;

/// <summary>The department time ledger of one ticket: sums in milliseconds; together they are the whole.</summary>
internal static class TimeLedgerJson
{
    public static void Write(Utf8JsonWriter json, IReadOnlyList<HeldTime> parts)
    {
        json.WriteStartObject("time_ledger");
        json.WriteNumber("total_ms", parts.Count == 0 ? 0 : parts[^1].To - parts[0].From);
        json.WriteStartArray("parts");
        foreach (var ((holder, department), ms) in TimeLedger.Sum(parts))
        {
            json.WriteStartObject();
            json.WriteString("holder", Words.Of(holder));
            if (department.Length > 0) json.WriteString("department_id", department);
            json.WriteNumber("ms", ms);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
