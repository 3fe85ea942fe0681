namespace OpsMonitor.Grains.Events;

// Closed lists of the vocabulary. On the wire each is its snake_case name, as text.
public enum Channel { Phone, Chat, Email, Web, Counter, Social, Mail }
public enum Direction { Inbound, Outbound }
public enum TransferMode { Blind, Consult }
public enum DequeueReason { Overflow, Timeout, Callback, Voicemail, Redirect }
public enum RefusalReason { Full, Closed, Empty }
public enum AbandonStage { Ivr, Queue, Ringing }
public enum DisconnectedBy { Customer, Agent, System }
public enum AgentState { Offline, Available, Busy, Wrapup, Break, Training, Other }
public enum TicketKind { Complaint, Inquiry, Request, Incident, Suggestion, Report }
public enum DispatchRole { Lead, Assist }
public enum ObjectionOutcome { Upheld, Dismissed }
public enum ReviewOutcome { Ok, Rework }
public enum PauseReason { AwaitingCustomer, AwaitingThirdParty, AwaitingPartsOrSite, LegalHold, RegulatorHold, Court, AgreedDate, SystemOutage }
public enum EscalationTrigger { Sla, CustomerRequest, Vip, Bulk, Difficult, Regulator, Media, Manual }
public enum RedressKind { Refund, Return, Compensation, Gift, Fix, WrittenApology }
public enum LinkRelation { Repeat, Duplicate, Related }
public enum ReferralDirection { In, Out }
public enum CallbackKind { VirtualQueue, Scheduled, Promise, MissedCall, DroppedCall, Progress, FinalReply, Survey }
public enum RescheduledBy { Customer, Agent }
public enum AttemptOutcome { Reached, NoAnswer, Busy, Voicemail, WrongNumber, Refused, Failed }
public enum SurveyResolved { Yes, No, Partial }
