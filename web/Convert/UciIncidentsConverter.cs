using NodaTime;
using NodaTime.Text;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Conversion;

/// <summary>
/// The audit log of a ServiceNow incident desk as published by UCI (#498): one row per update, <c>D/M/YYYY HH:MM</c> without a
/// zone, <c>?</c> for a missing value. Rules: docs/converters.md.
/// </summary>
public sealed class UciIncidentsConverter : ILogConverter
{
    private static readonly LocalDateTimePattern Stamp = LocalDateTimePattern.CreateWithInvariantCulture("d/M/uuuu HH:mm");

    public string Name => "uci-incidents";

    public IEnumerable<CloudEvent> Convert(TextReader input, DateTimeZone zone)
    {
        using var csv = new CsvTable(input, ',');
        var incidents = new Dictionary<string, UciIncident>(StringComparer.Ordinal);
        while (csv.Read())
        {
            var row = Row(csv, zone);
            if (!incidents.TryGetValue(row.Number, out var incident))
                incidents.Add(row.Number, incident = new UciIncident(Name, row.Number));
            foreach (var e in incident.Take(row)) yield return e;
        }
    }

    private static UciRow Row(CsvTable csv, DateTimeZone zone) => new(
        csv.Text("number"),
        csv.Text("incident_state"),
        LogText.At(csv.Value("opened_at", Stamp), zone),
        LogText.At(csv.Value("sys_updated_at", Stamp), zone),
        ChannelOf(csv.Text("contact_type")),
        LogText.Slug(csv.Text("assignment_group")),
        LogText.Slug(csv.Text("category")),
        PriorityOf(csv.Text("priority")),
        LogText.Slug(csv.Text("caller_id")),
        LogText.Slug(csv.Text("closed_code")));

    private static Channel ChannelOf(string contactType) => contactType switch
    {
        "Phone" or "IVR" => Channel.Phone,
        "Email" => Channel.Email,
        _ => Channel.Web,
    };

    /// <summary>"3 - Moderate" is 3.</summary>
    private static int? PriorityOf(string text) =>
        text.Length > 0 && text[0] is >= '1' and <= '4' ? text[0] - '0' : null;
}

/// <summary>One update of one incident. A null is a value that the log does not know.</summary>
internal readonly record struct UciRow(
    string Number, string State, Instant OpenedAt, Instant UpdatedAt, Channel Channel,
    string? Group, string? Category, int? Priority, string? Caller, string? ClosedCode);
