namespace OpsMonitor.Simulator;

/// <summary>
/// Defects that can be put into the simulated shell round the production writer, one for each guarantee. None exists in production code: each
/// is a wrong treatment of the writer's inputs or effects. The simulator must catch every one.
/// </summary>
public enum Planted
{
    None,

    // Durability
    AckBeforeCommit, CommitErrorIgnored, FailedCommitTriedAgain, GoesOnAfterUnknownCommit, RefusalAnsweredAsAccepted, OneEventPerSubjectAndBatch,
    OpenMustComeFirst, LastFrameNotReplayed,

    // Exactly once
    DedupeNotInSnapshot, DedupePrunedEarly, SnapshotOfUncommittedState, TornSnapshotTrusted,

    // Time
    IngestBeforeDeadlines, SlowTick, NeverArmed, DeadlinesNotRebuilt, SleepsThroughClockStep, JudgedByArrival, ReplayedAsOfNow,

    // Telling
    TickNotJournalled, RowsNotInTheSameCommit, NoRetraction, UnstableAlertKey, MarkedBeforeSending, FailedSendForgotten, MarksNotWritten, ToldTwice,

    // Savings
    EditNotJournalled, EditAnsweredBeforeCommit, EditBeforeDeadlines, EditsNotInSnapshot, EditTakesNothingOver, EditTakesEverythingOver, CalendarIgnored,

    // People and ladders
    DeedsNotInSnapshot, LadderNotInSnapshot, LadderBeginsAnewAtStart, LadderNeverWakes, SurveysNotInSnapshot,

    // Showing
    FirstContactNotRevoked,
    DisplayBeforeCommit, NoDisplayAtStart, OldFrameWins,
}
