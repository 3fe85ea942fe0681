namespace OpsMonitor.Grains.Policies;

public enum EditKind { Policy, Calendar }

/// <summary>
/// One saving of a policy or calendar on a running server: an event of the installation, kept where the other events are. The text is the file as
/// written; reading it is the host's, judging by it is <see cref="PolicySet"/>'s.
/// </summary>
/// <param name="Number">counts all savings from 1</param>
/// <param name="Version">of a policy its own; of a calendar how often it has been saved</param>
/// <param name="At">Unix ms; no clock that started before is judged by it, unless the text says so</param>
/// <param name="By">whose key it was</param>
public sealed record PolicyEdit(int Number, EditKind Kind, string Id, int Version, long At, string By, string Text);

/// <summary>A saving and all policies as they stand with it. Null where the host cannot read texts and only walks the journal.</summary>
public sealed record PolicyChange(PolicyEdit Edit, PolicySet? Policies);
