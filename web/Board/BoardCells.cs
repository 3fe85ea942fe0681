using System.Text.Json;
using System.Text.Json.Serialization;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Web.Board;

// The wire contract of the wall. Times are Unix ms. Property names become snake_case.

public sealed record RatioCell(decimal? Value, long Num, long N)
{
    public static RatioCell Of(Ratio ratio) => new(ratio.Value, ratio.Num, ratio.N);
}

/// <summary>One of the four figures. <see cref="AsOf"/> is when it was last published with another content; the beat says that it still holds.</summary>
public sealed record FigureCell(
    decimal? Value, long Num, long N, decimal Target, string State, decimal? Delta, bool Provisional, IReadOnlyList<decimal?> Spark, string Formula, long AsOf, bool Revised)
{
    /// <summary>Why: what late data changed in it today; null where nothing did.</summary>
    public RevisionCell? Revision { get; init; }
}

/// <summary>The newest of the corrections that concern a figure: the number and interval revised (Unix ms), when, and by which late events.</summary>
public sealed record RevisionCell(string Metric, long From, long To, long At, JsonElement LateEvents);

public sealed record DepartmentCell(string Id, Titles? Title, long Waiting, long? LongestSince, long Breached, RatioCell Sla, string State);

public sealed record DueCell(string Ticket, string? Department, string? Owner, string Clock, long DueAt, string State);

public sealed record TrendCell(long From, [property: JsonPropertyName("step_s")] long StepS, IReadOnlyList<long> Created, IReadOnlyList<long> Resolved, IReadOnlyList<long> Alarms);

public sealed record QueueCell(long Waiting, long? LongestSince, RatioCell Abandon, long AgentsAvailable);

/// <param name="Quiet">silenced, or covered by another alert: counted, not listed</param>
/// <param name="Flood">null while alerts can be read one by one</param>
/// <param name="MutedUntil">the end of a silence that takes all that is red here, Unix ms</param>
public sealed record AlarmCell(int Unacked, int Acked, int Shelved, AlertView? Top, int Quiet = 0, Flood? Flood = null, long? MutedUntil = null);

public sealed record LateSource(string Source, [property: JsonPropertyName("age_s")] long AgeS);

/// <summary>A calendar that clocks count in, whose holidays are official up to <see cref="Until"/> (ISO date) only.</summary>
public sealed record UnannouncedCalendar(string Id, string Until);

public sealed record SourceCell(IReadOnlyList<LateSource> Late, IReadOnlyDictionary<string, Titles?> Departments, IReadOnlyList<UnannouncedCalendar> Calendars);

/// <summary>An alert as the wall and the list of alerts show it.</summary>
public sealed record AlertView(
    string Code, string Level, string Priority, string Rule, string? Ticket, string Subject, string Clock, string? Department,
    long DueAt, long RaisedAt, [property: JsonPropertyName("lateness_ms")] long LatenessMs, string State,
    string Hold, string? By, long? Until, string? Note, int Steps, string? NextTo, long? NextAt,
    string Why, long? WhyAt, string? Mute, string? MutedBy, long? MutedUntil, int Covers)
{
    /// <summary>The code of the group alert that stands for it.</summary>
    public string? SuppressedBy { get; init; }

    /// <summary>Of a group alert: the subjects that it stands for.</summary>
    public IReadOnlyList<string>? Members { get; init; }

    /// <summary>What it was raised for: so many of so many against a limit; N is 0 for a count or a span.</summary>
    public FindingView? Finding { get; init; }

    /// <summary>When its cause was over.</summary>
    public long? EndedAt { get; init; }

    public static AlertView Of(Alert alert)
    {
        var due = alert.Due;
        var red = due.Level == AlertLevel.Red;
        var (care, why) = (alert.Care, Telling.OfLadder(alert));
        return new(
            alert.Code, red ? "red" : "yellow", red ? "P1" : "P2", due.Rule, due.Subject.Kind == SubjectKind.Ticket ? due.Subject.Id : null,
            due.Subject.ToString(), due.Clock, due.DepartmentId, due.DueAt, due.RaisedAt, alert.LatenessMs,
            alert.State.ToString().ToLowerInvariant(), alert.Care.Hold.ToString().ToLowerInvariant(), alert.Care.By, alert.Care.Until, alert.Care.Note,
            care.Taken.All.Count, care.Next?.To, care.Next?.At, Telling.NameOf(why.Why), why.At,
            Telling.Quiet(Grains.Alerts.Hold.Open, care.Mute) is { } mute ? Telling.NameOf(mute) : null, care.MutedBy, care.MutedUntil, alert.Covers.All.Count(static c => c.To == long.MaxValue))
        {
            SuppressedBy = alert.SuppressedBy, Members = due.Members is { } members ? [.. members.All.Select(m => m.ToString())] : null,
            Finding = due.Finding is { } f ? new(f.Num, f.N, f.Limit) : null, EndedAt = due.EndedAt,
        };
    }
}

public sealed record FindingView(long Num, long N, long Limit);

/// <summary>The ten cells of one board at one instant, in wire order, and the revision of the alarms that they show.</summary>
public sealed record BoardCells(IReadOnlyList<object> Cells, long AlarmRev)
{
    public const int Count = 10;

    internal static readonly JsonSerializerOptions Wire = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public byte[] Json(int index) => JsonSerializer.SerializeToUtf8Bytes(Cells[index], Cells[index].GetType(), Wire);
}
