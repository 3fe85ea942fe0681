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

public sealed record AlarmCell(int Unacked, int Acked, int Shelved, AlertView? Top);

public sealed record LateSource(string Source, [property: JsonPropertyName("age_s")] long AgeS);

/// <summary>A calendar that clocks count in, whose holidays are official up to <see cref="Until"/> (ISO date) only.</summary>
public sealed record UnannouncedCalendar(string Id, string Until);

public sealed record SourceCell(IReadOnlyList<LateSource> Late, IReadOnlyDictionary<string, Titles?> Departments, IReadOnlyList<UnannouncedCalendar> Calendars);

/// <summary>An alert as the wall and the list of alerts show it.</summary>
public sealed record AlertView(
    string Code, string Level, string Priority, string Rule, string? Ticket, string Subject, string Clock, string? Department,
    long DueAt, long RaisedAt, [property: JsonPropertyName("lateness_ms")] long LatenessMs, string State,
    string Hold, string? By, long? Until, string? Note, int Steps, string? NextTo, long? NextAt)
{
    public static AlertView Of(Alert alert)
    {
        var due = alert.Due;
        var red = due.Level == AlertLevel.Red;
        return new(
            alert.Code, red ? "red" : "yellow", red ? "P1" : "P2", due.Rule, due.Subject.Kind == SubjectKind.Ticket ? due.Subject.Id : null,
            due.Subject.ToString(), due.Clock, due.DepartmentId, due.DueAt, due.RaisedAt, alert.LatenessMs,
            alert.State.ToString().ToLowerInvariant(), alert.Care.Hold.ToString().ToLowerInvariant(), alert.Care.By, alert.Care.Until, alert.Care.Note,
            alert.Care.Taken.All.Count, alert.Care.Next?.To, alert.Care.Next?.At);
    }
}

/// <summary>The ten cells of one board at one instant, in wire order, and the revision of the alarms that they show.</summary>
public sealed record BoardCells(IReadOnlyList<object> Cells, long AlarmRev)
{
    public const int Count = 10;

    internal static readonly JsonSerializerOptions Wire = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public byte[] Json(int index) => JsonSerializer.SerializeToUtf8Bytes(Cells[index], Cells[index].GetType(), Wire);
}
