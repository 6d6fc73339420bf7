(* The generator's two losses in the discriminator's logit, and their derivatives. *)

From Coq Require Import Reals Lra.
From Theory Require Import Sums Formulas.
Open Scope R_scope.

Lemma sigmoid_reads : forall a, sigmoid a = 1 / (1 + exp (- a)).
Proof. intros. unfold sigmoid. pose proof (exp_pos (- a)). field; lra. Qed.

Lemma sigmoid_inside : forall a, 0 < sigmoid a < 1.
Proof.
  intros. rewrite sigmoid_reads. pose proof (exp_pos (- a)).
  split; [apply quotient_positive; lra |].
  apply (Rmult_lt_reg_r (1 + exp (- a))); [lra |].
  replace (1 / (1 + exp (- a)) * (1 + exp (- a))) with 1 by (field; lra). lra.
Qed.

(* log(1 + e^(c a)) has the derivative c e^(c a)/(1 + e^(c a)). *)
Lemma softplus_derivative : forall c a,
  derivable_pt_lim (fun t => ln (1 + exp (c * t))) a (c * exp (c * a) / (1 + exp (c * a))).
Proof.
  intros c a. pose proof (exp_pos (c * a)).
  assert (inner : derivable_pt_lim (fun t => c * t) a c).
  { pose proof (derivable_pt_lim_scal id c a 1 (derivable_pt_lim_id a)) as line.
    rewrite Rmult_1_r in line. exact line. }
  pose proof (derivable_pt_lim_comp _ exp a _ _ inner (derivable_pt_lim_exp (c * a))) as middle_.
  pose proof (derivable_pt_lim_plus _ _ a _ _ (derivable_pt_lim_const 1 a) middle_) as outer.
  assert (positive : 0 < 1 + exp (c * a)) by lra.
  pose proof (derivable_pt_lim_comp _ ln a _ _ outer (derivable_pt_lim_ln _ positive)) as whole.
  replace (c * exp (c * a) / (1 + exp (c * a)))
    with (/ (1 + exp (c * a)) * (0 + exp (c * a) * c)) by (field; lra).
  exact whole.
Qed.

(* What agrees everywhere has the same derivatives. *)
Lemma derivative_of_same : forall f g a l, (forall t, f t = g t) ->
  derivable_pt_lim f a l -> derivable_pt_lim g a l.
Proof.
  intros f g a l equal d small ps. destruct (d small ps) as [delta near].
  exists delta. intros h nonzero within. rewrite <- !equal. now apply near.
Qed.

Lemma saturating_loss_reads : forall a, saturating_loss a = - ln (1 + exp (1 * a)).
Proof.
  intros. pose proof (exp_pos a). pose proof (exp_pos (- a)).
  assert (inverse : exp (- a) = / exp a) by apply exp_Ropp.
  unfold saturating_loss. rewrite Rmult_1_l, <- ln_Rinv by lra. f_equal.
  rewrite inverse. field; lra.
Qed.

Lemma non_saturating_loss_reads : forall a, non_saturating_loss a = ln (1 + exp (-1 * a)).
Proof.
  intros. pose proof (exp_pos (- a)).
  unfold non_saturating_loss. replace (-1 * a) with (- a) by ring.
  rewrite <- ln_Rinv by (apply quotient_positive; lra). f_equal. field; lra.
Qed.

(* Claim A-SAT-02: the derivative of the saturating loss in the logit is -D. *)
Theorem saturating_derivative : forall a,
  derivable_pt_lim saturating_loss a (saturating_gradient a) /\
  saturating_gradient a = - sigmoid a.
Proof.
  intros a. pose proof (exp_pos a). pose proof (exp_pos (- a)).
  assert (inverse : exp (- a) = / exp a) by apply exp_Ropp.
  assert (negative : saturating_gradient a = - sigmoid a).
  { rewrite sigmoid_reads. unfold saturating_gradient. field; lra. }
  split; [| exact negative].
  apply (derivative_of_same (fun t => - ln (1 + exp (1 * t)))).
  - intros. now rewrite saturating_loss_reads.
  - replace (saturating_gradient a) with (- (1 * exp (1 * a) / (1 + exp (1 * a)))).
    + exact (derivable_pt_lim_opp _ _ _ (softplus_derivative 1 a)).
    + rewrite negative, sigmoid_reads, !Rmult_1_l, inverse. field; lra.
Qed.

(* Claim A-SAT-04: the derivative of the non-saturating loss in the logit is -(1 - D). *)
Theorem non_saturating_derivative : forall a,
  derivable_pt_lim non_saturating_loss a (non_saturating_gradient a) /\
  non_saturating_gradient a = - (1 - sigmoid a).
Proof.
  intros a. pose proof (exp_pos (- a)).
  assert (negative : non_saturating_gradient a = - (1 - sigmoid a)).
  { rewrite sigmoid_reads. unfold non_saturating_gradient. field; lra. }
  split; [| exact negative].
  apply (derivative_of_same (fun t => ln (1 + exp (-1 * t)))).
  - intros. now rewrite non_saturating_loss_reads.
  - replace (non_saturating_gradient a) with (-1 * exp (-1 * a) / (1 + exp (-1 * a))).
    + exact (softplus_derivative (-1) a).
    + rewrite negative, sigmoid_reads. replace (-1 * a) with (- a) by ring. field; lra.
Qed.

(* Claim A-SAT-06: the ratio of the two gradients is e^a = D/(1 - D). *)
Theorem gradient_ratio : forall a,
  saturating_gradient a / non_saturating_gradient a = exp a /\
  exp a = sigmoid a / (1 - sigmoid a).
Proof.
  intros a. destruct (saturating_derivative a) as [_ ->].
  destruct (non_saturating_derivative a) as [_ ->].
  rewrite sigmoid_reads. pose proof (exp_pos a).
  assert (inverse : exp (- a) = / exp a) by apply exp_Ropp.
  rewrite inverse. split; field; repeat split; lra.
Qed.

(* Claim A-SAT-07: both losses fall at every logit. *)
Theorem both_losses_fall : forall a,
  saturating_gradient a < 0 /\ non_saturating_gradient a < 0.
Proof.
  intros a. destruct (saturating_derivative a) as [_ ->].
  destruct (non_saturating_derivative a) as [_ ->]. pose proof (sigmoid_inside a). lra.
Qed.
